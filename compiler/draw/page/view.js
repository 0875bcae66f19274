// The part of the picture that is seen.
import { inRanges } from "./data.js";
import { fixed } from "./elements.js";
import { canvas, state } from "./state.js";

/** @import { Point, Rect } from "./types.d.ts" */

/** @param {Rect} view */
export function show(view) {
  state.view = view;
  canvas.setAttribute("viewBox", view.map(fixed).join(" "));
}

/** As large as can be read: the width fits, and a tall picture begins at its top. */
export function fit() {
  const { width, height } = canvas.getBoundingClientRect();
  const [w, h] = state.size;
  const scale = Math.min((width || 800) / (w + 24), Math.max((height || 600) / (h + 24), (width || 800) / 620), 2.2);
  const seen = /** @type {Point} */ ([(width || 800) / scale, (height || 600) / scale]);
  show([(w - seen[0]) / 2, h + 24 > seen[1] ? -12 : (h - seen[1]) / 2, ...seen]);
}

export function fitWhole() {
  const { width, height } = canvas.getBoundingClientRect();
  const [w, h] = state.size;
  const scale = Math.min(width / (w + 24), height / (h + 24));
  show([(w - width / scale) / 2, (h - height / scale) / 2, width / scale, height / scale]);
}

/**
 * @param {number} factor
 * @param {Point} [center] what stays where it is
 */
export function zoom(factor, center) {
  if (!state.view) return;
  const [x, y, w, h] = state.view;
  const [cx, cy] = center ?? [x + w / 2, y + h / 2];
  const size = Math.min(Math.max(w / factor, 40), 60000);
  const scale = size / w;
  show([cx - (cx - x) * scale, cy - (cy - y) * scale, size, h * scale]);
}

/**
 * @param {number} dx
 * @param {number} dy
 */
export function pan(dx, dy) {
  if (state.view) show([state.view[0] + dx, state.view[1] + dy, state.view[2], state.view[3]]);
}

/**
 * Brings the middle of a rectangle into the middle of the view, where it is not seen as it is.
 * @param {Rect} rect
 * @param {number} needed how much of its height must be seen
 * @param {number} kept how much of its height stands in the middle
 */
function center([x, y, w, h], needed = h, kept = h) {
  if (!state.view) return;
  const [vx, vy, vw, vh] = state.view;
  if (x < vx || y < vy || x + w > vx + vw || y + needed > vy + vh) show([x + w / 2 - vw / 2, y + kept / 2 - vh / 2, vw, vh]);
}

/**
 * The innermost box around an operation.
 * @param {number} node
 */
export function bringIntoView(node) {
  const found = state.drawn.filter((item) => inRanges(item.what.x, node)).pop();
  if (found) center(found.rect);
}

/**
 * The top of a box, which may be larger than the view.
 * @param {Rect} rect
 */
export function bringTopIntoView(rect) {
  if (state.view) center(rect, Math.min(rect[3], 20), Math.min(rect[3], state.view[3]));
}

new ResizeObserver(() => {
  const { width, height } = canvas.getBoundingClientRect();
  if (state.view && width && height) show([state.view[0], state.view[1], state.view[2], (state.view[2] * height) / width]);
}).observe(canvas);

// On paper the whole picture stands.
/** @type {Rect | null} */
let screen = null;
addEventListener("beforeprint", () => {
  screen = state.view;
  show([-6, -6, state.size[0] + 12, state.size[1] + 12]);
});
addEventListener("afterprint", () => {
  if (screen) show(screen);
});
