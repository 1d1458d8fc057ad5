// What every page of a report does when it is opened: training seconds, sorting, filters. Without it every table is
// still a table. What few pages do stands in slices.js and curves.js.
"use strict";

/* exported numberText */

const DASH = "–"; // no number
const MINUS = "−";

function numberText(value, digits) {
  if (value === null) {
    return DASH;
  }
  const text = digits === 0 ? Math.round(value).toLocaleString("en") : value.toFixed(digits);
  return text.replace("-", MINUS);
}

// Training seconds. They differ from run to run and nothing else does, so they stand in timing.js and not in the page.

function showTrainingSeconds(secondsByFit) {
  for (const cell of document.querySelectorAll("td[data-time]")) {
    const seconds = secondsByFit[cell.dataset.time];
    if (seconds !== undefined) {
      cell.dataset.value = seconds;
      cell.textContent = seconds.toLocaleString("en", { maximumFractionDigits: 0 });
    }
  }
}

// Sorting. A click on a head sorts by its column, another one turns the order round. Blanks stay below.

// A number where a cell holds one, else its text in lower case; "" where there is nothing.
function sortKey(row, column) {
  const cell = row.cells[column];
  const text = (cell.dataset.value ?? cell.textContent).trim();
  if (text === "" || text === DASH) {
    return "";
  }
  const number = Number(text);
  return Number.isNaN(number) ? text.toLowerCase() : number;
}

// Numbers stand before text.
function compareKeys(one, two) {
  if (typeof one !== typeof two) {
    return typeof one === "number" ? -1 : 1;
  }
  if (one === two) {
    return 0;
  }
  return one < two ? -1 : 1;
}

function sortRows(table, column, ascending) {
  const body = table.tBodies[0];
  const keys = new Map([...body.rows].map((row) => [row, sortKey(row, column)]));
  const rows = [...body.rows].sort((first, second) => {
    const one = keys.get(first);
    const two = keys.get(second);
    if (one === "" || two === "") {
      return Number(one === "") - Number(two === "");
    }
    return ascending ? compareKeys(one, two) : compareKeys(two, one);
  });
  body.append(...rows);
}

function forgetOrder(table) {
  table.classList.remove("sorted");
  for (const head of table.querySelectorAll("th")) {
    head.removeAttribute("aria-sort");
  }
}

function sortByHead(table, head) {
  const ascending = head.getAttribute("aria-sort") === "descending";
  forgetOrder(table);
  head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
  table.classList.add("sorted");
  sortRows(table, head.cellIndex, ascending);
}

function makeSortable(table) {
  for (const head of table.querySelectorAll("th[data-sort]")) {
    head.tabIndex = 0;
    head.addEventListener("click", () => sortByHead(table, head));
    head.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        sortByHead(table, head);
      }
    });
  }
}

// Filters. A row is shown where it is what every menu says.

function filterRows() {
  const menus = [...document.querySelectorAll("select[data-filter]")].filter((menu) => menu.value);
  for (const row of document.querySelectorAll("table.filter tbody tr")) {
    row.hidden = !menus.every((menu) => row.dataset[menu.dataset.filter] === menu.value);
  }
}

// What a model took (seeds, seconds, parameters) is shown when it is asked for.

function showColumns(event) {
  document.querySelector("table.filter").classList.toggle("spent", event.target.value === "spent");
}

if (window.TIMING) {
  showTrainingSeconds(window.TIMING);
}
document.querySelectorAll("table.sort").forEach(makeSortable);
document.querySelectorAll("select[data-filter]").forEach((menu) => menu.addEventListener("change", filterRows));
document.querySelectorAll("select[data-columns]").forEach((menu) => menu.addEventListener("change", showColumns));
