// What the pages of a report do when they are opened: training seconds, sorting, filters, slices of the leaderboard.
// Without it every table is still a table.
"use strict";

const DASH = "–"; // no number
const MINUS = "−";

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

// Slices. The leaderboard of another horizon or regime: its numbers take the place of those of the whole period,
// letters included. They come with the page, as JSON: universe, then horizon|cut|group, then model, then numbers by
// column. Title, digits and unit of every column come with them, from the catalogue of metrics.

function numberText(value, digits) {
  if (value === null) {
    return DASH;
  }
  const text = digits === 0 ? Math.round(value).toLocaleString("en") : value.toFixed(digits);
  return text.replace("-", MINUS);
}

// The numbers of a model in a slice, by column; null where it has none there.
function numbersOf(slices, row, key) {
  const numbers = slices.rows[row.dataset.universe]?.[key]?.[row.dataset.model];
  return numbers ? Object.fromEntries(slices.columns.map((column, i) => [column, numbers[i]])) : null;
}

function appendBeneath(cell, text) {
  const beneath = document.createElement("span");
  beneath.className = "range";
  beneath.textContent = text;
  cell.append(" ", beneath);
}

// What stands beneath a number: its interval, or its critical value; "" where the slice has none.
function beneathText(column, metric, numbers) {
  const textOf = (end) => numberText(numbers[`${column}_${end}`] * metric.times, metric.beneath_digits);
  if (metric.beneath === "interval" && numbers[`${column}_low`] !== null) {
    return `[${textOf("low")}, ${textOf("high")}]`;
  }
  if (metric.beneath === "critical" && numbers[`${column}_critical`] !== null) {
    return `±${textOf("critical")}`;
  }
  return "";
}

function fillNumber(cell, column, numbers, metric) {
  const shown = numbers[column] * metric.times;
  const beneath = beneathText(column, metric, numbers);
  cell.dataset.value = shown;
  cell.textContent = numberText(shown, metric.digits);
  if (beneath !== "") {
    appendBeneath(cell, beneath);
  }
}

function fillCell(cell, numbers, slices) {
  const column = cell.dataset.col;
  const value = numbers?.[column] ?? "";
  if (typeof value === "number") {
    fillNumber(cell, column, numbers, slices.metrics[column]);
  } else {
    cell.textContent = value || DASH;
    cell.dataset.value = value;
  }
}

// What the reader should know of a slice; `empty` names its columns without a number.
function sliceText(slices, horizon, regime, empty) {
  const bars = horizon || slices.own;
  const whatGroup = regime ? slices.groups[regime] : "All dates and assets.";
  const reasons = empty.filter((column) => slices.empty[column]);
  return [
    `Return over ${bars} bar${Number(bars) === 1 ? "" : "s"}. ${whatGroup}`,
    "Letters are those of this slice alone; looking through many slices for one that favours a model will find it.",
    ...reasons.map((column) => `No ${slices.metrics[column].title}: ${slices.empty[column]}.`),
  ].join(" ");
}

// Universes as the study names them; within each, ranked models by their IC, then the oracle, then who has no number.
function orderKey(cells, row) {
  const valueOf = (name) => cells.find((cell) => cell.dataset.col === name).dataset.value;
  const ic = valueOf("ic");
  const unranked = valueOf("letters") === "" ? 1 : 0;
  return [Number(row.dataset.place), ic === "" ? 2 : unranked, ic === "" ? 0 : -Number(ic)];
}

function compareOrderKeys(one, two) {
  return one[0] - two[0] || one[1] - two[1] || one[2] - two[2];
}

function makeSliceable(table, slices) {
  const menus = {
    horizon: document.querySelector("select[data-slice=horizon]"),
    regime: document.querySelector("select[data-slice=regime]"),
  };
  const rows = [...table.tBodies[0].rows];
  const cellsOf = new Map(rows.map((row) => [row, [...row.cells].filter((cell) => cell.dataset.col)]));
  const classOf = new Map(rows.map((row) => [row, row.className]));
  const cells = [...cellsOf.values()].flat();
  const wholeOf = new Map(cells.map((cell) => [cell, { html: cell.innerHTML, value: cell.dataset.value }]));

  function showWhole() {
    for (const [cell, whole] of wholeOf) {
      cell.innerHTML = whole.html;
      cell.dataset.value = whole.value;
    }
    return "";
  }

  function showSlice(horizon, regime) {
    const key = `${horizon || slices.own}|${regime || "|"}`;
    const empty = new Set();
    for (const row of rows) {
      const numbers = numbersOf(slices, row, key);
      for (const cell of cellsOf.get(row)) {
        fillCell(cell, numbers, slices);
        if (numbers && cell.dataset.value === "") {
          empty.add(cell.dataset.col);
        }
      }
    }
    const isThere = Object.values(slices.rows).some((groups) => groups[key]);
    return isThere
      ? sliceText(slices, horizon, regime, [...empty])
      : "This horizon was not cut by this regime, or too few dates are left.";
  }

  function placeRows(isWhole) {
    const orderKeys = new Map(rows.map((row) => [row, orderKey(cellsOf.get(row), row)]));
    const ordered = [...rows].sort((one, two) => compareOrderKeys(orderKeys.get(one), orderKeys.get(two)));
    ordered.forEach((row, i) => {
      row.className = classOf.get(row);
      if (!isWhole) {
        row.classList.toggle("first", i === 0 || row.dataset.place !== ordered[i - 1].dataset.place);
      }
    });
    table.tBodies[0].append(...ordered);
  }

  function show() {
    const horizon = menus.horizon.value;
    const regime = menus.regime.value;
    const isWhole = !horizon && !regime;
    table.classList.toggle("sliced", !isWhole);
    forgetOrder(table);
    document.getElementById("slice").textContent = isWhole ? showWhole() : showSlice(horizon, regime);
    placeRows(isWhole);
  }

  menus.horizon.addEventListener("change", show);
  menus.regime.addEventListener("change", show);
}

if (window.TIMING) {
  showTrainingSeconds(window.TIMING);
}
document.querySelectorAll("table.sort").forEach(makeSortable);
document.querySelectorAll("select[data-filter]").forEach((menu) => menu.addEventListener("change", filterRows));
document.querySelectorAll("select[data-columns]").forEach((menu) => menu.addEventListener("change", showColumns));
const island = document.getElementById("slices");
if (island) {
  makeSliceable(document.querySelector("table.filter"), JSON.parse(island.textContent));
}
