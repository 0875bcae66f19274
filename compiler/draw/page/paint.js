// A composed layout as elements of SVG. What can be clicked tells its key in `data-key`.
import { beyond, costOf, data, plain, short } from "./data.js";
import { fixed, svg } from "./elements.js";
import { heat } from "./heat.js";
import { fill, kept, move, put } from "./keep.js";
import { hasInside, isNear } from "./near.js";
import { state } from "./state.js";
import { headingSize, INDENT } from "./stretch.js";

/** @import { Box, Composed, Frame, Inside, Label, Pane, PlacedBox, PlacedLine, Point, Rect, Rows } from "./types.d.ts" */

const LARGE = 10.2;
const SMALL = 8.9;

/** @typedef {{pane: Pane, x: number, y: number, depth: number}} Where Where a layout begins in which picture, and how many frames are around it. */
/** How far a label reaches from its place. */
const LABEL = 45;

/** The tips of arrows. @param {Pane} pane */
export function markers({ number }) {
  const size = { markerWidth: 5.5, markerHeight: 5.5, markerUnits: "userSpaceOnUse", orient: "auto" };
  /** @param {string} id @param {string} name */
  const one = (id, name) =>
    svg("marker", { id, viewBox: "0 0 8 8", refX: 7.2, refY: 4, ...size }, svg("path", { d: "M0 1L8 4L0 7Z", class: name }));
  return svg("defs", {}, one(`tip${number}`, "tip"), one(`tip-skip${number}`, "tip skip"));
}

/**
 * Paints what is near of a layout.
 * @param {Composed} composed
 * @param {SVGGElement} group
 * @param {Where} where
 */
export function paint(composed, group, where) {
  const { pane, x: left, y: top } = where;
  /** @param {Rect} rect */
  const near = ([x, y, w, h]) => isNear(pane, [left + x, top + y, w, h]);
  const frames = composed.frames
    .filter(({ rect }) => near(rect))
    .map(({ frame, key, rect, shut, indent }) => frameOf({ what: frame, rows: frame.r, key, rect, isShut: shut, indent }, where));
  const boxes = composed.boxes.filter(({ key, rect }) => near(rect) || isFocused(key));
  for (const { box, key, rect, inside } of boxes) {
    if (inside) frames.push(frameOf({ what: box, rows: box.r.slice(0, 1), key, rect, isShut: false }, where));
  }
  const lines = composed.lines.filter(({ bounds }) => near(bounds));
  const labels = pane.far
    ? []
    : lines.flatMap(({ key, label }) =>
        label && near([label[1] - LABEL, label[2] - LABEL, 2 * LABEL, 2 * LABEL]) ? [labelOf(key, label)] : [],
      );
  const shapes = boxes.flatMap((item) => {
    if (!item.inside) return [boxOf(item, pane)];
    return hasInside(pane, item.rect) ? [insideOf(item, item.inside, where)] : [];
  });
  fill(group, [...frames, ...lines.map((item) => lineOf(item, pane)), ...labels, ...shapes]);
}

/** What the keyboard is at stays, wherever it is. @param {string} key */
const isFocused = (key) => document.activeElement instanceof SVGElement && document.activeElement.dataset.key === key;

/**
 * @param {PlacedLine} item
 * @param {Pane} pane
 */
function lineOf({ line, key, d, arrow, tail, head }, { number }) {
  const element = kept(`line ${key}`, () =>
    svg("path", { class: `line${line.s ? " skip" : ""}${line.z ? " size" : ""}${line.a ? " aux" : ""}` }),
  );
  put(element, "d", d);
  put(element, "marker-end", arrow ? `url(#tip${line.s ? "-skip" : ""}${number})` : null);
  state.lines.push({ element, tail, head });
  return element;
}

/**
 * @param {string} key
 * @param {Label} label
 */
function labelOf(key, [words, x, y, wide]) {
  const element = kept(`label ${key}`, () => asWide(svg("text", { class: "label" }, words), wide));
  move(element, x, y + 2.4);
  return element;
}

/**
 * @param {PlacedBox} item
 * @param {Inside} inside
 * @param {Where} where
 */
function insideOf({ box, key }, { composed, at: [x, y] }, where) {
  const g = kept(`inside ${key}`, () => svg("g"));
  move(g, x, y);
  paint(composed, g, { ...where, x: where.x + x, y: where.y + y, depth: where.depth + box.f.length + 1 });
  return g;
}

/**
 * A frame, or an open box, with its heading.
 * @param {{what: Box | Frame, rows: Rows, key: string, rect: Rect, isShut: boolean, indent?: number}} item
 * @param {Where} where
 */
function frameOf({ what, rows, key, rect, isShut, indent = INDENT }, where) {
  const isOdd = (where.depth + what.f.length) % 2 === 1; // their shades take turns, from the outside in
  const shape = rounded(rect);
  const g = svg("g", { class: `frame${isOdd ? " odd" : ""}${what.a ? " aux" : ""}` }, shape);
  const [x, y, w, h] = rect;
  const [width, height] = headingSize(rows);
  const said = { role: "button", "aria-expanded": String(!isShut), "aria-label": plain(rows), "data-key": key };
  g.append(
    svg(
      "g",
      { class: "heading", tabindex: 0, ...said },
      svg("title", {}, what.t || plain(rows)),
      rounded([x, y, Math.min(w, width + indent - INDENT), Math.min(h, height)]),
      ...(where.pane.far ? [] : rowsOf(rows, [x + indent, y + 2], rows.length * 10.5 + 2)),
    ),
  );
  coloredFrame(g, shape, what, isShut, where.pane.far ? null : rect);
  remember(key, g);
  return g;
}

/**
 * A shut frame has the colour of all that is in it; of one that is open the edge has that of what no box in it tells.
 * @param {SVGElement} g
 * @param {SVGElement} shape
 * @param {Box | Frame} what
 * @param {boolean} isShut
 * @param {Rect | null} rect where there is room for a number
 */
function coloredFrame(g, shape, what, isShut, rect) {
  if (!isHeat()) return;
  if (isShut) heated(g, shape, what, rect);
  const more = isShut ? null : beyond(what, +state.color);
  if (more === null) return;
  const { fill, text } = heat(more / state.dearest);
  shape.style.stroke = fill;
  shape.style.strokeWidth = "2.2";
  if (!rect) return;
  const [plate, words] = number(short(costOf(what.x, +state.color)), rect);
  plate.style.fill = fill;
  words.style.fill = text;
  g.append(plate, words);
}

/** Whether boxes have the colour of a cost. */
export const isHeat = () => state.color !== "kind" && state.color !== "change";

/**
 * A box keeps its size, whatever is done around it.
 * @param {PlacedBox} item
 * @param {Pane} pane
 */
function boxOf({ box, key, rect }, pane) {
  const [x, y, w, h] = rect;
  const g = kept(`${pane.far ? "far " : ""}box ${key}`, () => boxAt([0, 0, w, h], box, key, pane));
  move(g, x, y);
  remember(key, g);
  return g;
}

/**
 * @param {Rect} rect
 * @param {Box} box
 * @param {string} key
 * @param {Pane} pane
 */
function boxAt(rect, box, key, pane) {
  const [x, y, w, h] = rect;
  const said = { role: "button", "aria-label": plain(box.r), "data-key": key };
  const g = svg("g", { class: `box k-${box.k}${box.a ? " aux" : ""}`, tabindex: 0, ...said });
  if (box.i !== undefined) g.setAttribute("aria-expanded", "false");
  const oval = { cx: fixed(x + w / 2), cy: fixed(y + h / 2), rx: fixed(w / 2), ry: fixed(h / 2) };
  const shape = box.m ? svg("ellipse", oval) : rounded(rect);
  g.append(shape);
  if (!pane.far) g.append(svg("title", {}, box.t), ...rowsOf(box.r, [x + w / 2, y], h));
  colored(g, shape, box, rect, pane);
  if (box.z && !pane.far) g.append(skipMark(rect, pane));
  return g;
}

/**
 * @param {SVGElement} g
 * @param {SVGElement} shape
 * @param {Box} box
 * @param {Rect} rect
 * @param {Pane} pane
 */
function colored(g, shape, box, rect, pane) {
  if (state.color === "kind") shape.style.fill = "var(--f)";
  else if (state.color === "change") shape.style.fill = `var(--${box.d ?? "same"})`;
  else heated(g, shape, box, pane.far ? null : rect);
}

/** Other colours for what is drawn: nothing is drawn anew. */
export function recolor() {
  for (const { pane, element, what, closed } of state.drawn.values()) {
    const shape = element?.querySelector(":scope > rect:not(.plate), :scope > ellipse");
    if (!element || !(shape instanceof SVGElement)) continue;
    for (const old of element.querySelectorAll(":scope > .plate, :scope > .number")) old.remove();
    element.classList.remove("heat");
    for (const { style } of [element, shape]) style.fill = style.stroke = style.strokeWidth = "";
    if (what.k !== undefined && element.classList.contains("box")) colored(element, shape, what, placeOf(shape), pane);
    else coloredFrame(element, shape, what, closed, pane.far ? null : placeOf(shape));
  }
}

/**
 * Where a shape was drawn, as its attributes say it.
 * @param {SVGElement} shape
 * @returns {Rect}
 */
function placeOf(shape) {
  const [x, y, w, h] = (shape.tagName === "rect" ? ["x", "y", "width", "height"] : ["cx", "cy", "rx", "ry"]).map((name) =>
    Number(shape.getAttribute(name)),
  );
  return shape.tagName === "rect" ? [x, y, w, h] : [x - w, y - h, 2 * w, 2 * h];
}

/**
 * The colour of what a box costs, with the number over its corner, above the words.
 * @param {SVGElement} g
 * @param {SVGElement} shape
 * @param {Box | Frame} what
 * @param {Rect | null} rect where there is room for a number
 */
function heated(g, shape, what, rect) {
  const cost = costOf(what.x, +state.color);
  const { fill, text } = heat(cost / state.dearest);
  shape.style.fill = fill;
  g.classList.add("heat");
  g.style.fill = text;
  if (cost && rect) g.append(...number(short(cost), rect));
}

/**
 * A number over the corner of a box or a frame.
 * @param {string} said
 * @param {Rect} rect
 */
function number(said, [x, y, w]) {
  const wide = said.length * 4.2 + 4;
  const plate = svg("rect", { class: "plate", x: fixed(x + w - wide + 4), y: fixed(y - 6.5), width: fixed(wide), height: 9, rx: 2 });
  return [plate, svg("text", { class: "number", x: fixed(x + w + 4 - wide / 2), y: fixed(y + 0.5) }, said)];
}

/**
 * The skip of a folded block, in the small: beside the flow, at the box's right, or above it where the flow leads across.
 * @param {Rect} rect
 * @param {Pane} pane
 */
function skipMark([x, y, w, h], { number }) {
  const half = Math.min(w / 4, 12);
  const d = data.across
    ? `M${fixed(x + w / 2 - half)} ${fixed(y)}c-2 -14 ${fixed(2 * half + 2)} -14 ${fixed(2 * half)} 0`
    : `M${fixed(x + w)} ${fixed(y + h / 4)}c14 -2 14 ${fixed(h / 2 + 2)} 0 ${fixed(h / 2)}`;
  return svg("path", { class: "line skip", d, "marker-end": `url(#tip-skip${number})` });
}

/** @param {Rect} rect */
const rounded = ([x, y, w, h]) => svg("rect", { x: fixed(x), y: fixed(y), width: fixed(w), height: fixed(h), rx: 4.5 });

/**
 * Rows of words, in the middle of a height; the paths of a block stand one under the other, each from its bar on.
 * @param {Rows} rows
 * @param {Point} corner
 * @param {number} height
 */
function rowsOf(rows, [x, top], height) {
  /** @param {Rows[number]} row */
  const size = (row) => (row.some(([, style]) => style !== "small") ? LARGE : SMALL);
  let y = top + (height - rows.reduce((sum, row) => sum + size(row), 0)) / 2;
  const paths = rows.some(([[words]]) => words.startsWith("| ")) ? rows.filter((row) => size(row) === SMALL) : [];
  const widest = Math.max(...paths.map((row) => wideOf(row) ?? Infinity));
  return rows.map((row) => {
    y += size(row);
    const fromBar = Number.isFinite(widest) && paths.includes(row);
    const at = { x: fixed(fromBar ? x - widest / 2 : x), y: fixed(y - 2.6), ...(fromBar ? { class: "path" } : {}) };
    const text = asWide(svg("text", at), wideOf(row));
    for (const [words, style] of row) text.append(svg("tspan", { class: style }, words));
    return text;
  });
}

/**
 * How wide a row was laid out, where that is known of all of it.
 * @param {Rows[number]} row
 */
function wideOf(row) {
  return row.every(([, , wide]) => wide) ? row.reduce((sum, [, , one]) => sum + (one ?? 0), 0) : undefined;
}

/**
 * A text as wide as it was laid out, whatever font there is.
 * @param {SVGTextElement} text
 * @param {number | undefined} wide
 */
function asWide(text, wide) {
  if (wide) {
    text.setAttribute("textLength", String(fixed(wide)));
    text.setAttribute("lengthAdjust", "spacingAndGlyphs");
  }
  return text;
}

/**
 * @param {string} key
 * @param {SVGElement} element
 */
function remember(key, element) {
  const item = state.drawn.get(key);
  if (item) item.element = element;
}
