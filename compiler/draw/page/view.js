// The part of each picture that is seen.
import { data, inRanges } from "./data.js";
import { fixed } from "./elements.js";
import { changed, panes, state } from "./state.js";

/** @import { Pane, Point, Rect } from "./types.d.ts" */

const listeners = /** @type {((pane: Pane, isOneOfAll: boolean) => void)[]} */ ([]);

/** Calls `listener` when another part of a picture is seen, or of each of them at once. @param {(pane: Pane, isOneOfAll: boolean) => void} listener */
export function onView(listener) {
  listeners.push(listener);
}

/**
 * @param {Pane} pane
 * @param {Rect} view
 */
export function show(pane, view) {
  frame(pane, held(pane, view));
  for (const listener of listeners) listener(pane, false);
  changed();
}

/** The share of what is seen that the picture stands in at least, however far it is moved. */
const KEPT = 0.25;

/**
 * A part of a picture, or the nearest to it in which the picture is still seen.
 * @param {Pane} pane
 * @param {Rect} view
 * @returns {Rect}
 */
function held({ size }, [x, y, w, h]) {
  /** @param {number} at @param {number} long @param {number} whole */
  const within = (at, long, whole) => {
    const kept = Math.min(whole, long * KEPT);
    return Math.min(Math.max(at, kept - long), whole - kept);
  };
  return [within(x, w, size[0]), within(y, h, size[1]), w, h];
}

/**
 * @param {Pane} pane
 * @param {Rect} view
 */
function frame(pane, view) {
  pane.view = view;
  pane.canvas.setAttribute("viewBox", view.map(fixed).join(" "));
}

/**
 * How large a picture is shown, in pixels.
 * @param {Pane} pane
 * @returns {Point}
 */
export function room(pane) {
  const { width, height } = rooms.get(pane) ?? measured(pane);
  return [width || 800, height || 600];
}

/** Sizes of pictures: to ask for one lays the page out. */
const rooms = /** @type {Map<Pane, DOMRect>} */ (new Map());

/** @param {Pane} pane */
function measured(pane) {
  const size = pane.canvas.getBoundingClientRect();
  rooms.set(pane, size);
  return size;
}

/**
 * As large as can be read: the width fits, and a tall picture begins at its top. One that leads to the right fits in its height.
 * @param {Pane} pane
 */
export function fit(pane) {
  const [width, height] = room(pane);
  const [w, h] = pane.size;
  const across = width / (w + 24);
  const down = height / (h + 24);
  const scale = data.across ? Math.min(down, Math.max(across, height / 420), 2.2) : Math.min(across, Math.max(down, width / 620), 2.2);
  const seen = /** @type {Point} */ ([width / scale, height / scale]);
  const left = data.across && w + 24 > seen[0] ? -12 : (w - seen[0]) / 2;
  const top = !data.across && h + 24 > seen[1] ? -12 : (h - seen[1]) / 2;
  show(pane, [left, top, ...seen]);
}

/** Asks anew how large the pictures are shown, where they have other places on the page. */
export function measureAll() {
  for (const pane of panes) measured(pane);
}

/** Every picture as it is seen at first. */
export function fitAll() {
  for (const pane of panes) pane.view = null;
  for (const pane of panes) if (!pane.view) fit(pane); // where pictures are seen together, the others have followed
}

/** Every picture whole, all on one scale. */
export function fitWhole() {
  const rooms = panes.map(room);
  const scale = Math.min(...panes.map(({ size: [w, h] }, k) => Math.min(rooms[k][0] / (w + 24), rooms[k][1] / (h + 24))));
  showEach(({ size: [w, h] }, k) => {
    const [width, height] = rooms[k].map((size) => size / scale);
    return [(w - width) / 2, (h - height) / 2, width, height];
  });
}

/**
 * Shows a part of every picture; none follows another.
 * @param {(pane: Pane, number: number) => Rect | null} part
 */
function showEach(part) {
  panes.forEach((pane, k) => {
    const view = part(pane, k);
    if (view) frame(pane, view);
  });
  for (const pane of panes) for (const listener of listeners) listener(pane, true);
  changed();
}

/**
 * @param {Pane} pane
 * @param {number} factor
 * @param {Point} [center] what stays where it is
 */
export function zoom(pane, factor, center) {
  if (!pane.view) return;
  const [x, y, w, h] = pane.view;
  const [cx, cy] = center ?? [x + w / 2, y + h / 2];
  const size = Math.min(Math.max(w / factor, 40), 60000);
  const scale = size / w;
  show(pane, [cx - (cx - x) * scale, cy - (cy - y) * scale, size, h * scale]);
}

/**
 * @param {Pane} pane
 * @param {number} dx
 * @param {number} dy
 */
export function pan(pane, dx, dy) {
  if (pane.view) show(pane, [pane.view[0] + dx, pane.view[1] + dy, pane.view[2], pane.view[3]]);
}

/**
 * Brings the middle of a rectangle into the middle of the view, where it is not seen as it is.
 * @param {Pane} pane
 * @param {Rect} rect
 * @param {number} needed how much of its height must be seen
 * @param {number} kept how much of its height stands in the middle
 */
function center(pane, [x, y, w, h], needed = h, kept = h) {
  if (!pane.view) return;
  const [vx, vy, vw, vh] = pane.view;
  if (x < vx || y < vy || x + w > vx + vw || y + needed > vy + vh) show(pane, [x + w / 2 - vw / 2, y + kept / 2 - vh / 2, vw, vh]);
}

/**
 * The innermost box around an operation.
 * @param {number} node
 */
export function bringIntoView(node) {
  const found = [...state.drawn.values()].findLast((item) => inRanges(item.what.x, node));
  if (found) center(found.pane, found.rect);
}

/**
 * The top of a box, which may be larger than the view.
 * @param {Pane} pane
 * @param {Rect} rect
 */
export function bringTopIntoView(pane, rect) {
  if (pane.view) center(pane, rect, Math.min(rect[3], 20), Math.min(rect[3], pane.view[3]));
}

for (const pane of panes) {
  new ResizeObserver(() => {
    const { width, height } = measured(pane);
    if (pane.view && width && height) show(pane, [pane.view[0], pane.view[1], pane.view[2], (pane.view[2] * height) / width]);
  }).observe(pane.canvas);
}

// On paper the whole picture stands.
/** @type {(Rect | null)[]} */
let screen = [];
addEventListener("beforeprint", () => {
  screen = panes.map((pane) => pane.view);
  state.isPrinted = true;
  showEach(({ size: [w, h] }) => [-6, -6, w + 12, h + 12]);
});
addEventListener("afterprint", () => {
  state.isPrinted = false;
  showEach((_, k) => screen[k]);
});
