// Curves that one may touch: the date and the values under the pointer, lines that come and go, time that zooms.
// Every number that is shown came with the page, as JSON beside the picture; only places on the screen are worked out
// here. Without this script, and in print, the picture stands in its place.
"use strict";

/* global DASH, numberText */

const SVG = "http://www.w3.org/2000/svg";
const MARGIN = { left: 54, right: 14, top: 8, bottom: 24 };
const GAP = 26; // between two panels
const TALL = [230, 110]; // height of the first panel, and of those below it
const FEWEST = 5; // dates that a zoom leaves
const HINT =
  "Drag across a part to enlarge it; double-click or Reset shows all. With the keyboard: arrows, Home, End, + and " +
  "−, Escape. A name takes its line away.";

function element(name, attributes = {}, text = "") {
  const made = document.createElement(name);
  Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
  made.textContent = text;
  return made;
}

function shape(parent, name, attributes, text = "") {
  const made = document.createElementNS(SVG, name);
  Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
  made.textContent = text;
  parent.append(made);
  return made;
}

// About `count` steps of 1, 2 or 5 times a power of ten.
function niceStep(span, count) {
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((times) => times * power).find((step) => step >= rough * (1 - 1e-9));
}

function ticksBetween(low, high, count) {
  const step = niceStep(high - low, count);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const places = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  return places.map((value) => ({ value, text: numberText(value, digits) }));
}

// What is seen of a chart: which dates, which lines, which date is pointed at.
class View {
  constructor(data) {
    this.data = data;
    this.hidden = new Set();
    this.showAll();
  }

  showAll() {
    this.first = 0;
    this.last = this.data.dates.length - 1;
    this.at = this.last;
  }

  pointAt(index) {
    this.at = Math.min(Math.max(index, this.first), this.last);
  }

  zoom(one, other) {
    const end = this.data.dates.length - 1;
    const least = Math.min(FEWEST - 1, end);
    let first = Math.max(0, Math.min(one, other));
    const last = Math.min(end, Math.max(one, other, first + least));
    first = Math.min(first, last - least);
    [this.first, this.last] = [first, last];
    this.pointAt(this.at);
  }

  // As wide as asked at either end too, where the date that is pointed at cannot stay in the middle.
  zoomAround(times) {
    const end = this.data.dates.length - 1;
    const span = Math.min(end, Math.round(times * (this.last - this.first)));
    const first = Math.min(Math.max(Math.round(this.at - span / 2), 0), end - span);
    this.zoom(first, first + span);
  }

  toggle(name) {
    if (!this.hidden.delete(name)) {
      this.hidden.add(name);
    }
  }

  isShown(line) {
    return !this.hidden.has(this.data.names[line].name);
  }

  // Least and most of what is seen of a panel, with nought where it is near.
  range(panel) {
    const seen = panel.lines.filter((_, i) => this.isShown(i)).map((line) => line.slice(this.first, this.last + 1));
    const values = seen.flat().filter((value) => value !== null);
    const low = values.length ? Math.min(...values) : 0;
    const high = values.length ? Math.max(...values) : 1;
    const room = (high - low || Math.abs(high) || 1) * 0.05;
    return [low - room, high + room];
  }
}

// The drawing of a view, as wide as there is room.
class Drawing {
  constructor(svg, view) {
    this.svg = svg;
    this.view = view;
  }

  x(index) {
    const { first, last } = this.view;
    return MARGIN.left + ((index - first) / Math.max(last - first, 1)) * this.across;
  }

  indexAt(x) {
    const { first, last } = this.view;
    const index = Math.round(first + ((x - MARGIN.left) / this.across) * (last - first));
    return Math.min(Math.max(index, first), last);
  }

  draw() {
    const { panels } = this.view.data;
    const width = Math.max(this.svg.parentNode.clientWidth, 200);
    this.across = width - MARGIN.left - MARGIN.right;
    this.tops = [];
    this.svg.replaceChildren();
    let top = MARGIN.top + 14;
    panels.forEach((panel, i) => {
      this.tops.push(top);
      this.panel(panel, top, TALL[Math.min(i, 1)]);
      top += TALL[Math.min(i, 1)] + GAP;
    });
    this.bottom = top - GAP;
    this.dates();
    const height = this.bottom + MARGIN.bottom;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.setAttribute("height", height);
    this.cursor = shape(this.svg, "g", { class: "cursor" });
    this.chosen = shape(this.svg, "rect", { class: "chosen", width: 0, height: this.bottom, y: 0 });
    this.point();
  }

  panel(panel, top, height) {
    const [low, high] = this.view.range(panel);
    panel.y = (value) => top + ((high - value) / (high - low)) * height;
    const right = MARGIN.left + this.across;
    for (const { value, text } of ticksBetween(low, high, height / 45)) {
      const y = panel.y(value);
      const kind = Math.abs(value) < 1e-12 ? "nought" : "grid";
      shape(this.svg, "line", { class: kind, x1: MARGIN.left, x2: right, y1: y, y2: y });
      shape(this.svg, "text", { x: MARGIN.left - 6, y: y + 4, "text-anchor": "end" }, text);
    }
    shape(this.svg, "text", { class: "label", x: MARGIN.left, y: top - 6 }, panel.label);
    panel.lines.forEach((line, i) => {
      if (this.view.isShown(i)) {
        this.line(line, this.view.data.names[i], panel.y);
      }
    });
  }

  line(values, look, y) {
    let path = "";
    let pen = "M";
    for (let i = this.view.first; i <= this.view.last; i++) {
      if (values[i] === null) {
        pen = "M";
      } else {
        path += `${pen}${this.x(i).toFixed(1)} ${y(values[i]).toFixed(1)}`;
        pen = "L";
      }
    }
    const drawn = shape(this.svg, "path", {
      class: "curve",
      d: path,
      stroke: look.colour,
      "stroke-dasharray": look.dash,
    });
    drawn.dataset.name = look.name;
  }

  dates() {
    const { first, last, data } = this.view;
    const count = Math.max(1, Math.min(Math.floor(this.across / 110), last - first));
    for (let i = 0; i <= count; i++) {
      const index = Math.round(first + (i / count) * (last - first));
      const anchor = { 0: "start", [count]: "end" }[i] ?? "middle";
      const place = { x: this.x(index), y: this.bottom + 17, "text-anchor": anchor };
      shape(this.svg, "text", place, data.dates[index].slice(0, 10));
    }
  }

  // A line at the date that is pointed at, and a dot on every curve.
  point() {
    const x = this.x(this.view.at);
    this.cursor.replaceChildren();
    shape(this.cursor, "line", { x1: x, x2: x, y1: this.tops[0], y2: this.bottom });
    for (const panel of this.view.data.panels) {
      panel.lines.forEach((line, i) => {
        const value = line[this.view.at];
        if (this.view.isShown(i) && value !== null) {
          shape(this.cursor, "circle", { cx: x, cy: panel.y(value), r: 3.2, fill: this.view.data.names[i].colour });
        }
      });
    }
  }

  choose(from, to) {
    const [left, right] = [from, to].map((x) => Math.min(Math.max(x, MARGIN.left), MARGIN.left + this.across));
    this.chosen.setAttribute("x", Math.min(left, right));
    this.chosen.setAttribute("width", Math.abs(right - left));
  }
}

// The names with their values, the date, and what takes a zoom back.
class Legend {
  constructor(box, view, changed) {
    this.view = view;
    const head = element("div", { class: "head" });
    this.date = element("b", { class: "date" });
    this.reset = element("button", { type: "button", class: "reset" }, "Reset");
    head.append(this.date, this.reset);
    const names = element("div", { class: "names" });
    this.values = view.data.names.map((look) => {
      const button = element("button", { type: "button", "aria-pressed": "true" });
      const value = element("span", { class: "value" });
      button.append(swatch(look), element("span", {}, look.name), value);
      button.addEventListener("click", () => {
        view.toggle(look.name);
        button.setAttribute("aria-pressed", String(!view.hidden.has(look.name)));
        changed();
      });
      names.append(button);
      return value;
    });
    box.append(head, names);
  }

  valuesOf(line) {
    const numbers = this.view.data.panels.map((panel) => ({ value: panel.lines[line][this.view.at], ...panel }));
    return numbers.map(({ value, digits }) => (value === null ? DASH : numberText(value, digits))).join(" | ");
  }

  show() {
    const { data, at, first, last } = this.view;
    this.date.textContent = data.dates[at];
    this.values.forEach((value, i) => (value.textContent = this.valuesOf(i)));
    this.reset.disabled = first === 0 && last === data.dates.length - 1;
  }

  // The same as a sentence, for who hears the page.
  sentence() {
    const { data, at } = this.view;
    const said = data.names.map((look, i) => (this.view.isShown(i) ? `${look.name} ${this.valuesOf(i)}` : ""));
    return `${data.dates[at]}: ${said.filter(Boolean).join(", ")}`;
  }
}

function swatch(look) {
  const drawn = document.createElementNS(SVG, "svg");
  drawn.setAttribute("class", "swatch");
  drawn.setAttribute("aria-hidden", "true");
  shape(drawn, "line", { x1: 0, x2: 22, y1: 5, y2: 5, stroke: look.colour, "stroke-dasharray": look.dash });
  return drawn;
}

const KEYS = {
  ArrowLeft: (view) => view.pointAt(view.at - 1),
  ArrowRight: (view) => view.pointAt(view.at + 1),
  Home: (view) => view.pointAt(view.first),
  End: (view) => view.pointAt(view.last),
  Escape: (view) => view.showAll(),
  "+": (view) => view.zoomAround(0.5),
  "=": (view) => view.zoomAround(0.5),
  "-": (view) => view.zoomAround(2),
};

function listenToPointer(svg, view, drawing, refresh) {
  let from = null;
  const placeOf = (event) => event.clientX - svg.getBoundingClientRect().left;
  svg.addEventListener("pointerdown", (event) => {
    from = placeOf(event);
    svg.setPointerCapture(event.pointerId);
  });
  svg.addEventListener("pointermove", (event) => {
    view.pointAt(drawing.indexAt(placeOf(event)));
    refresh({ whole: false });
    drawing.choose(from ?? 0, from === null ? 0 : placeOf(event));
  });
  svg.addEventListener("pointerup", (event) => {
    const to = placeOf(event);
    if (from !== null && Math.abs(to - from) > 6) {
      view.zoom(drawing.indexAt(from), drawing.indexAt(to));
    }
    from = null;
    refresh({ whole: true });
  });
  svg.addEventListener("pointercancel", () => {
    from = null;
    refresh({ whole: true });
  });
  svg.addEventListener("dblclick", () => {
    view.showAll();
    refresh({ whole: true });
  });
}

function listenToKeys(svg, view, refresh, say) {
  svg.addEventListener("keydown", (event) => {
    if (KEYS[event.key] && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      KEYS[event.key](view);
      refresh({ whole: true });
      say();
    }
  });
}

// What one may do is said in words under the first of a page; the others are the same.
function makeTouchable(island, place) {
  const figure = island.closest("figure");
  const view = new View(JSON.parse(island.textContent));
  const box = element("div", { class: "curves" });
  const svg = document.createElementNS(SVG, "svg");
  const title = figure.querySelector("figcaption b").textContent;
  svg.setAttribute("tabindex", "0");
  svg.setAttribute("role", "application");
  svg.setAttribute("aria-label", `${title}. ${HINT}`);
  const drawing = new Drawing(svg, view);
  const heard = element("p", { class: "heard", "aria-live": "polite" });
  const legend = new Legend(box, view, () => refresh({ whole: true }));
  function refresh({ whole }) {
    if (whole) {
      drawing.draw();
    } else {
      drawing.point();
    }
    legend.show();
  }
  const frame = element("div", { class: "frame" });
  frame.append(svg);
  box.append(frame, heard, element("p", { class: "hint" }, place === 0 ? `${HINT} ${view.data.note}` : view.data.note));
  figure.classList.add("touched");
  figure.prepend(box);
  legend.reset.addEventListener("click", () => {
    view.showAll();
    refresh({ whole: true });
  });
  listenToPointer(svg, view, drawing, refresh);
  listenToKeys(svg, view, refresh, () => (heard.textContent = legend.sentence()));
  new ResizeObserver(() => refresh({ whole: true })).observe(frame);
  refresh({ whole: true });
}

document.querySelectorAll("script.of-curves").forEach(makeTouchable);
