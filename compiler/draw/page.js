"use strict";
// The page of one network. Layouts come from Graphviz, one for the network and one for the inside of each box; opening a
// box stretches the strips of the picture that it covers, folding a frame shrinks them, and every line follows.
const data = JSON.parse(document.getElementById("data").textContent);
const canvas = document.getElementById("canvas");
const SVG = "http://www.w3.org/2000/svg";
const HEADING = 15, MARGIN = 7, LARGE = 10.2, SMALL = 8.9;
const open = new Set(), shut = new Set();
const state = { nodes: new Set(), view: null, color: "kind", drawn: [], size: [1, 1] };

const make = (name, attributes = {}, ...children) => {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
};
const html = (name, attributes = {}, ...children) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
};
const inRanges = (ranges, node) => {
  for (let k = 0; k < ranges.length; k += 2) if (ranges[k] <= node && node <= ranges[k + 1]) return true;
  return false;
};
const each = function* (ranges) {
  for (let k = 0; k < ranges.length; k += 2) for (let n = ranges[k]; n <= ranges[k + 1]; n++) yield n;
};
const touches = ranges => { for (const node of state.nodes) if (inRanges(ranges, node)) return true; return false; };

// --------------------------------------------------------------------------------------------------- drawing

function draw() {
  const whole = compose(0, "");
  state.drawn = [];
  canvas.replaceChildren(markers());
  const root = make("g");
  paint(whole, root, 0, 0, 0);
  canvas.append(root);
  state.size = [whole.w, whole.h];
  if (!state.view) fit(); else show();
  highlight();
}

function markers() {
  const one = (id, name) => make("marker", { id, viewBox: "0 0 8 8", refX: 7.2, refY: 4, markerWidth: 5.5, markerHeight: 5.5, markerUnits: "userSpaceOnUse", orient: "auto" }, make("path", { d: "M0 1L8 4L0 7Z", class: name }));
  return make("defs", {}, one("tip", "tip"), one("tip-skip", "tip skip"));
}

function rowsOf(rows, x, top, height) {
  const size = row => row.some(([, style]) => style !== "small") ? LARGE : SMALL;
  let y = top + (height - rows.reduce((sum, row) => sum + size(row), 0)) / 2;
  return rows.map(row => {
    y += size(row);
    const text = make("text", { x: fixed(x), y: fixed(y - 2.6) });
    // As wide as it was laid out, whatever font there is.
    if (row.every(([, , wide]) => wide)) { text.setAttribute("textLength", fixed(row.reduce((sum, [, , wide]) => sum + wide, 0))); text.setAttribute("lengthAdjust", "spacingAndGlyphs"); }
    for (const [words, style] of row) text.append(make("tspan", { class: style }, words));
    return text;
  });
}

function paint(composed, group, x0, y0, depth) {
  for (const item of composed.frames) {
    const [x, y, w, h] = item.rect;
    const g = make("g", { class: "frame" + (depth + item.frame.f.length) % 2 ? "frame odd" : "frame" });
    if (item.frame.a) g.classList.add("aux");
    g.append(make("rect", { x: fixed(x), y: fixed(y), width: fixed(w), height: fixed(h), rx: 4.5 }));
    g.append(heading(item, item.frame, item.shut, item.rect));
    group.append(g);
    remember(g, item.frame, item.key, [x0 + x, y0 + y, w, h], item.shut);
  }
  for (const item of composed.boxes) if (item.inner) {
    const [x, y, w, h] = item.rect;
    const g = make("g", { class: (depth % 2 ? "frame" : "frame odd") + (item.box.a ? " aux" : "") });
    g.append(make("rect", { x: fixed(x), y: fixed(y), width: fixed(w), height: fixed(h), rx: 4.5 }));
    g.append(heading(item, { ...item.box, r: item.box.r.slice(0, 1) }, false, item.rect));
    group.append(g);
    remember(g, item.box, item.key, [x0 + x, y0 + y, w, h], false);
  }
  for (const { line, d, arrow } of composed.lines) {
    const kinds = "line" + (line.s ? " skip" : "") + (line.a ? " aux" : "");
    group.append(make("path", { class: kinds, d, ...(arrow ? { "marker-end": line.s ? "url(#tip-skip)" : "url(#tip)" } : {}) }));
  }
  for (const { label } of composed.lines) if (label) group.append(make("text", { class: "label", x: fixed(label[1]), y: fixed(label[2] + 2.4) }, label[0]));
  for (const item of composed.boxes) {
    if (item.inner) {
      const g = make("g", { transform: `translate(${fixed(item.at[0])} ${fixed(item.at[1])})` });
      paint(item.inner, g, x0 + item.at[0], y0 + item.at[1], depth + 1);
      group.append(g);
    } else group.append(boxOf(item, x0, y0));
  }
}

function heading(item, what, isShut, [x, y, w, h]) {
  const [hw, hh] = headingSize(what.r);
  const g = make("g", { class: "heading", tabindex: 0, role: "button", "aria-expanded": String(!isShut), "aria-label": plain(what.r), "data-key": item.key });
  g.append(make("title", {}, what.t || plain(what.r)), make("rect", { x: fixed(x), y: fixed(y), width: fixed(Math.min(w, hw)), height: fixed(Math.min(h, hh)), rx: 4.5 }));
  g.append(...rowsOf(what.r, x + 8, y + 2, what.r.length * 10.5 + 2));
  g.addEventListener("click", event => { event.stopPropagation(); toggle(item.key, event); select(new Set(each(what.x)), "box", what.s); });
  return g;
}

function boxOf(item, x0, y0) {
  const { box, key, rect: [x, y, w, h] } = item;
  const g = make("g", { class: `box k-${box.k}` + (box.a ? " aux" : ""), tabindex: 0, role: "button", "aria-label": plain(box.r), "data-key": key });
  if (box.i !== undefined) g.setAttribute("aria-expanded", "false");
  g.append(make("title", {}, box.t));
  if (box.m) g.append(make("ellipse", { cx: fixed(x + w / 2), cy: fixed(y + h / 2), rx: fixed(w / 2), ry: fixed(h / 2) }));
  else g.append(make("rect", { x: fixed(x), y: fixed(y), width: fixed(w), height: fixed(h), rx: 4.5 }));
  paintFill(g, box);
  g.append(...rowsOf(box.r, x + w / 2, y, h));
  g.addEventListener("click", event => { event.stopPropagation(); if (state.moved) return; if (box.i !== undefined) toggle(key, event); select(new Set(each(box.x)), "box", box.s); });
  remember(g, box, key, [x0 + x, y0 + y, w, h], box.i !== undefined);
  return g;
}

function remember(element, what, key, rect, closed) { state.drawn.push({ element, what, key, rect, closed }); }
const plain = rows => rows.map(row => row.map(([text]) => text).join("")).join(", ");

// ---------------------------------------------------------------------------------------------------- colour

const dark = matchMedia("(prefers-color-scheme: dark)");
const channels = color => [1, 3, 5].map(k => parseInt(color.slice(k, k + 2), 16));
const luminance = rgb => rgb.map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4).reduce((sum, v, k) => sum + v * [.2126, .7152, .0722][k], 0);
function heat(share) {
  const colors = data.heat[dark.matches ? 1 : 0], place = Math.min(1, Math.max(0, share)) * (colors.length - 1), step = Math.min(Math.floor(place), colors.length - 2);
  const [a, b] = [channels(colors[step]), channels(colors[step + 1])];
  const rgb = a.map((v, k) => Math.round(v + (b[k] - v) * (place - step)));
  const light = luminance(rgb);
  return { fill: `rgb(${rgb})`, text: 1.05 / (light + .05) > (light + .05) / .05 ? "#fff" : "#000" };
}
const costOf = (ranges, column) => { let sum = 0; for (const node of each(ranges)) sum += data.nodes[node]?.[column + 2] ?? 0; return sum; };
let dearest = 1;
function paintFill(g, box) {
  const shape = g.lastChild;
  if (state.color === "kind") { shape.style.fill = "var(--f)"; return; }
  const { fill, text } = heat(costOf(box.x, +state.color) / dearest);
  shape.style.fill = fill;
  g.classList.add("heat");
  g.style.fill = text;
}
function recolor() {
  const legend = document.getElementById("legend");
  legend.hidden = state.color === "kind";
  if (state.color !== "kind") {
    const column = +state.color;
    dearest = Math.max(1, ...data.layouts[0].boxes.map(box => costOf(box.x, column)));
    const total = Object.values(data.nodes).reduce((sum, row) => sum + row[column + 2], 0);
    const name = document.getElementById("color").selectedOptions[0].textContent;
    legend.replaceChildren(`${name} a box `, ...[0, .2, .4, .6, .8, 1].map(share => {
      const { fill, text } = heat(share);
      const span = html("span", {}, short(dearest * share));
      span.style.background = fill; span.style.color = text;
      return span;
    }), ` ${short(total)} in all`);
  }
  draw();
}
const short = value => { for (const [size, letter] of [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "K"]]) if (value >= size) return +(value / size).toPrecision(3) + letter; return String(Math.round(value)); };

// ------------------------------------------------------------------------------------------------------ view

function show() { canvas.setAttribute("viewBox", state.view.map(fixed).join(" ")); }
function fit() {
  const { width, height } = canvas.getBoundingClientRect(), [w, h] = state.size;
  const scale = Math.min((width || 800) / (w + 24), Math.max((height || 600) / (h + 24), (width || 800) / 620), 2.2);
  const seen = [(width || 800) / scale, (height || 600) / scale];
  state.view = [(w - seen[0]) / 2, h + 24 > seen[1] ? -12 : (h - seen[1]) / 2, ...seen];
  show();
}
function zoom(factor, center) {
  const [x, y, w, h] = state.view, [cx, cy] = center ?? [x + w / 2, y + h / 2];
  const size = Math.min(Math.max(w / factor, 40), 60000), scale = size / w;
  state.view = [cx - (cx - x) * scale, cy - (cy - y) * scale, size, h * scale];
  show();
}
const at = event => { const { left, top, width, height } = canvas.getBoundingClientRect(), [x, y, w, h] = state.view; return [x + (event.clientX - left) / width * w, y + (event.clientY - top) / height * h]; };
canvas.addEventListener("wheel", event => { event.preventDefault(); if (event.ctrlKey || event.metaKey || !event.shiftKey) zoom(Math.exp(-event.deltaY * .0015), at(event)); }, { passive: false });
const fingers = new Map();
canvas.addEventListener("pointerdown", event => { fingers.set(event.pointerId, [event.clientX, event.clientY]); state.moved = false; });
addEventListener("pointermove", event => {
  const before = fingers.get(event.pointerId);
  if (!before) return;
  const { width, height } = canvas.getBoundingClientRect(), move = [event.clientX - before[0], event.clientY - before[1]];
  if (!state.moved && Math.hypot(...move) < 4) return;
  if (!state.moved) { state.moved = true; canvas.classList.add("held"); }
  if (fingers.size === 2) {
    const [other] = [...fingers].filter(([id]) => id !== event.pointerId).map(([, p]) => p);
    const now = [event.clientX, event.clientY];
    zoom(Math.hypot(now[0] - other[0], now[1] - other[1]) / Math.max(1, Math.hypot(before[0] - other[0], before[1] - other[1])));
  } else { state.view[0] -= move[0] / width * state.view[2]; state.view[1] -= move[1] / height * state.view[3]; show(); }
  fingers.set(event.pointerId, [event.clientX, event.clientY]);
});
for (const name of ["pointerup", "pointercancel"]) addEventListener(name, event => { fingers.delete(event.pointerId); canvas.classList.remove("held"); });
canvas.addEventListener("click", () => { if (!state.moved) select(new Set()); });
new ResizeObserver(() => { if (state.view) { const { width, height } = canvas.getBoundingClientRect(); if (width && height) { state.view[3] = state.view[2] * height / width; show(); } } }).observe(canvas);

// --------------------------------------------------------------------------------------------------- folding

function toggle(key, event) {
  const before = state.drawn.find(item => item.key === key);
  const isFrame = before && before.what.k === undefined;
  const set = isFrame ? shut : open;
  if (set.has(key)) set.delete(key); else set.add(key);
  const focused = document.activeElement?.dataset?.key === key;
  draw();
  const after = state.drawn.find(item => item.key === key);
  if (before && after) { // what was clicked stays where it was
    state.view[0] += after.rect[0] + after.rect[2] / 2 - before.rect[0] - before.rect[2] / 2;
    state.view[1] += after.rect[1] - before.rect[1];
    show();
  }
  if (focused || event?.type === "keydown") canvas.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
}
function foldAll() { open.clear(); shut.clear(); for (const frame of data.layouts[0].frames) if (!frame.f.length) shut.add(frame.n); state.view = null; draw(); }
function unfoldAll() {
  shut.clear();
  const visit = (number, path) => { for (const box of data.layouts[number].boxes) if (box.i !== undefined) { open.add(path + box.n); visit(box.i, path + box.n + "/"); } };
  visit(0, "");
  state.view = null;
  draw();
}
// Opens everything around a node, so that its own box is seen.
function reveal(node) {
  let number = 0, path = "";
  for (;;) {
    const layout = data.layouts[number], box = layout.boxes.find(box => inRanges(box.x, node));
    if (!box) break;
    for (const above of box.f) shut.delete(path + layout.frames[above].n);
    if (box.i === undefined) break;
    open.add(path + box.n);
    path += box.n + "/";
    number = box.i;
  }
  draw();
}
function bringIntoView(node) {
  const found = state.drawn.filter(item => inRanges(item.what.x, node)).pop();
  if (!found) return;
  const [x, y, w, h] = found.rect, [vx, vy, vw, vh] = state.view;
  if (x < vx || y < vy || x + w > vx + vw || y + h > vy + vh) { state.view[0] = x + w / 2 - vw / 2; state.view[1] = y + h / 2 - vh / 2; show(); }
}

// ----------------------------------------------------------------------------------------------- highlighting

const lineElements = data.sources.map(() => []);
const rowElements = new Map();
let memoryMark = null;

function select(nodes, from, place) {
  state.nodes = nodes;
  highlight();
  const lines = new Set(), first = nodes.values().next().value;
  const add = number => { const [file, start, end] = data.places[number]; for (let k = start; k <= Math.min(end, start + 60); k++) lines.add(`${file}:${k}`); };
  if (nodes.size) {
    if (place !== undefined) add(place);
    let count = 0;
    for (const node of nodes) { if (count++ > 2000 || !data.nodes[node]) continue; add(data.nodes[node][7][0]); if (nodes.size < 40 && from !== "line") data.nodes[node][7].slice(1).forEach(add); }
  }
  lineElements.forEach((rows, file) => rows.forEach((row, k) => row.classList.toggle("on", lines.has(`${file}:${k + 1}`))));
  for (const [node, row] of rowElements) row.classList.toggle("on", nodes.has(node));
  markMemory();
  if (!nodes.size) return;
  const into = element => { const panel = element?.closest("[role=tabpanel]"); if (panel && !panel.hidden && panel.offsetParent) { const y = element.offsetTop; if (y < panel.scrollTop || y > panel.scrollTop + panel.clientHeight - 30) panel.scrollTop = y - panel.clientHeight / 3; } };
  if (from !== "line") { const [file, start] = data.places[place ?? data.nodes[first][7][0]]; into(lineElements[file][start - 1]); }
  if (from !== "row") into(rowElements.get(first));
  if (from !== "box") bringIntoView(first);
}
function highlight() { for (const item of state.drawn) item.element.classList.toggle("on", state.nodes.size > 0 && (item.closed || item.what.k !== undefined) && touches(item.what.x)); }

// -------------------------------------------------------------------------------------------------- the source

const WORDS = /("(?:[^"\\]|\\.)*")|(#.*$)|\b(network|block|stage|input|output|aux|repeat|for|in|if|else|let|default|require|expect|budget|import|from|as|takes|indexed|flat|skip|reuse)\b/g;
function buildSource() {
  const panel = document.getElementById("source");
  data.sources.forEach((source, file) => {
    panel.append(html("h2", {}, source.name));
    const list = html("ol");
    source.text.replace(/\n$/, "").split("\n").forEach((text, k) => {
      const row = html("li", { "data-line": k + 1 });
      let done = 0;
      for (const match of text.matchAll(WORDS)) {
        row.append(text.slice(done, match.index), html("span", { class: match[1] ? "string" : match[2] ? "comment" : "word" }, match[0]));
        done = match.index + match[0].length;
      }
      row.append(text.slice(done));
      row.addEventListener("click", () => select(nodesAt(file, k + 1), "line"));
      lineElements[file].push(row);
      list.append(row);
    });
    panel.append(list);
  });
}
// The operations that a line made: those written there, else those of the blocks that are called there.
function nodesAt(file, line) {
  const within = number => { const [f, start, end] = data.places[number]; return f === file && start <= line && line <= end; };
  const own = new Set(), called = new Set();
  for (const [node, row] of Object.entries(data.nodes)) {
    if (within(row[7][0])) own.add(+node);
    else if (row[7].slice(1).some(within)) called.add(+node);
  }
  if (own.size || called.size) return own.size ? own : called;
  const frames = data.layouts.flatMap(layout => layout.frames).filter(frame => within(frame.s));
  return new Set(frames.flatMap(frame => [...each(frame.x)]));
}

// --------------------------------------------------------------------------------------------------- the costs

const COLUMNS = ["operation", "kind", "output", "parameters", "MACs", "FLOPs", "activations"];
function buildCosts() {
  const panel = document.getElementById("costs"), body = html("tbody"), head = html("tr");
  const rows = Object.entries(data.nodes).map(([node, row]) => {
    const tr = html("tr", { tabindex: -1 }, ...row.slice(0, 7).map((value, k) => html("td", k > 2 ? { class: "n" } : {}, k > 2 ? (value ? value.toLocaleString("en") : "") : value)));
    tr.addEventListener("click", () => { reveal(+node); select(new Set([+node]), "row"); });
    rowElements.set(+node, tr);
    return { tr, row, order: +node };
  });
  let sorted = null, down = true;
  COLUMNS.forEach((name, k) => {
    const button = html("button", { type: "button" }, name), cell = html("th", { scope: "col", "aria-sort": "none", ...(k > 2 ? { class: "n" } : {}) }, button);
    button.addEventListener("click", () => {
      down = sorted === k ? !down : k > 2;
      sorted = k;
      rows.sort((a, b) => (k > 2 ? a.row[k] - b.row[k] : String(a.row[k]).localeCompare(String(b.row[k]), "en", { numeric: true })) * (down ? -1 : 1) || a.order - b.order);
      for (const other of head.children) other.setAttribute("aria-sort", "none");
      cell.setAttribute("aria-sort", down ? "descending" : "ascending");
      body.append(...rows.map(({ tr }) => tr));
    });
    head.append(cell);
  });
  const sums = [3, 4, 5, 6].map(k => rows.reduce((sum, { row }) => sum + row[k], 0));
  body.append(...rows.map(({ tr }) => tr));
  const foot = html("tr", {}, html("td", { colspan: 3 }, data.whole ? "all" : "those listed"), ...sums.map(sum => html("td", { class: "n" }, sum.toLocaleString("en"))));
  panel.append(html("table", {}, html("thead", {}, head), body, html("tfoot", {}, foot)));
}

// -------------------------------------------------------------------------------------------------- the memory

const bytes = value => value >= 2 ** 30 ? (value / 2 ** 30).toFixed(2) + " GiB" : value >= 2 ** 20 ? (value / 2 ** 20).toFixed(1) + " MiB" : (value / 1024).toFixed(1) + " KiB";
function buildMemory() {
  const panel = document.getElementById("memory"), moments = data.memory, count = moments.length;
  if (!count) { panel.append(html("p", {}, "Nothing is computed.")); return; }
  const peak = moments.reduce((best, moment) => moment[1] > best[1] ? moment : best);
  panel.append(html("p", {}, `Inference of one image in float32, weights apart: at most ${bytes(data.peak)}, at ${data.nodes[peak[0]][0]}. A click on the curve shows the operation.`));
  let d = "M0 100";
  moments.forEach(([, size], k) => { const y = 100 - size / data.peak * 96; d += `L${k} ${fixed(y)}L${k + 1} ${fixed(y)}`; });
  memoryMark = make("path", { class: "here", d: "" });
  const chart = make("svg", { viewBox: `0 0 ${count} 100`, preserveAspectRatio: "none", role: "img", "aria-label": `Memory by operation; peak ${bytes(data.peak)}` }, make("path", { class: "area", d: d + `L${count} 100Z` }), memoryMark);
  const said = html("p", { "aria-live": "polite" }, " ");
  const index = event => { const { left, width } = chart.getBoundingClientRect(); return Math.min(count - 1, Math.max(0, Math.floor((event.clientX - left) / width * count))); };
  chart.addEventListener("pointermove", event => { const [node, size] = moments[index(event)]; said.textContent = `${data.nodes[node][0]}: ${bytes(size)}`; });
  chart.addEventListener("click", event => { const [node] = moments[index(event)]; reveal(node); select(new Set([node]), "memory"); });
  panel.append(chart, said);
}
function markMemory() {
  if (!memoryMark) return;
  let d = "";
  data.memory.forEach(([node], k) => { if (state.nodes.size < 200 && state.nodes.has(node)) d += `M${k + .5} 0V100`; });
  memoryMark.setAttribute("d", d);
}

// ----------------------------------------------------------------------------------------------------- search

const search = document.getElementById("search"), found = document.getElementById("found");
let hits = [], hit = -1;
search.addEventListener("input", () => {
  const words = search.value.trim().toLowerCase();
  hits = words ? Object.entries(data.nodes).filter(([, row]) => `${row[0]} ${row[1]} ${row[2]}`.toLowerCase().includes(words)).map(([node]) => +node) : [];
  hit = -1;
  found.textContent = words ? `${hits.length} found` : "";
  select(new Set(hits), "search");
});
search.addEventListener("keydown", event => {
  if (event.key === "Enter" && hits.length) {
    hit = (hit + (event.shiftKey ? hits.length - 1 : 1)) % hits.length;
    found.textContent = `${hit + 1} of ${hits.length}`;
    reveal(hits[hit]);
    select(new Set([hits[hit]]), "search");
  } else if (event.key === "Escape") { search.value = ""; search.dispatchEvent(new Event("input")); canvas.focus(); }
});

// --------------------------------------------------------------------------------------------------- controls

document.getElementById("fold").addEventListener("click", foldAll);
document.getElementById("unfold").addEventListener("click", unfoldAll);
document.getElementById("in").addEventListener("click", () => zoom(1.3));
document.getElementById("out").addEventListener("click", () => zoom(1 / 1.3));
document.getElementById("fit").addEventListener("click", () => {
  const { width, height } = canvas.getBoundingClientRect(), [w, h] = state.size, scale = Math.min(width / (w + 24), height / (h + 24));
  state.view = [(w - width / scale) / 2, (h - height / scale) / 2, width / scale, height / scale];
  show();
});
document.getElementById("color").addEventListener("change", event => { state.color = event.target.value; recolor(); });
dark.addEventListener("change", recolor);
addEventListener("keydown", event => {
  if (event.target.closest?.("input, select")) return;
  const key = event.target.dataset?.key, step = state.view[2] / 12;
  if ((event.key === "Enter" || event.key === " ") && key) { event.preventDefault(); event.target.dispatchEvent(new MouseEvent("click", { bubbles: true })); canvas.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true }); }
  else if (event.key === "/") { event.preventDefault(); search.focus(); }
  else if (event.key === "+" || event.key === "=") zoom(1.3);
  else if (event.key === "-") zoom(1 / 1.3);
  else if (event.key === "0") { fit(); }
  else if (event.key === "Escape") select(new Set());
  else if (event.target === canvas || key) {
    const move = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
    if (move) { event.preventDefault(); state.view[0] += move[0]; state.view[1] += move[1]; show(); }
  }
});
canvas.addEventListener("focusin", event => { // a box that is reached with the keyboard comes into view
  const item = event.target.dataset?.key !== undefined && event.target.matches(":focus-visible") && state.drawn.find(({ key }) => key === event.target.dataset.key);
  if (item) { const [x, y, w, h] = item.rect, [vx, vy, vw, vh] = state.view; if (x < vx || y < vy || x + w > vx + vw || y + Math.min(h, 20) > vy + vh) { state.view[0] = x + w / 2 - vw / 2; state.view[1] = y + Math.min(h, vh / 2) / 2 - vh / 2; show(); } }
});
const tabs = [...document.querySelectorAll("[role=tab]")];
function choose(tab) {
  for (const other of tabs) {
    const on = other === tab;
    other.setAttribute("aria-selected", String(on));
    other.tabIndex = on ? 0 : -1;
    document.getElementById(other.getAttribute("aria-controls")).hidden = !on;
  }
}
tabs.forEach((tab, k) => {
  tab.addEventListener("click", () => choose(tab));
  tab.addEventListener("keydown", event => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step) { const next = tabs[(k + step + tabs.length) % tabs.length]; choose(next); next.focus(); }
  });
});
let screen = null;
addEventListener("beforeprint", () => { screen = state.view; state.view = [-6, -6, state.size[0] + 12, state.size[1] + 12]; show(); });
addEventListener("afterprint", () => { if (screen) { state.view = screen; show(); } });

buildSource();
buildCosts();
buildMemory();
draw();
