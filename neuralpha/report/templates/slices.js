// Slices of the leaderboard.
"use strict";

/* global DASH, forgetOrder, numberText */

// The leaderboard of another horizon or regime: its numbers take the place of those of the whole period,
// letters included. They come with the page, as JSON: universe, then horizon|cut|group, then model, then numbers by
// column. Title, digits and unit of every column come with them, from the catalogue of metrics.

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

const slicesOfPage = document.getElementById("slices");
if (slicesOfPage) {
  makeSliceable(document.querySelector("table.filter"), JSON.parse(slicesOfPage.textContent));
}
