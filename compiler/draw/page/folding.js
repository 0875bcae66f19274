// Boxes open, frames fold.
import { data, inRanges } from "./data.js";
import { draw } from "./draw.js";
import { canvas, folded, opened, state } from "./state.js";
import { pan } from "./view.js";

/** @import { Layout } from "./types.d.ts" */

/** @param {string} key */
export const drawnAt = (key) => state.drawn.find((item) => item.key === key);

/**
 * Opens a box or shuts it, folds a frame or unfolds it; what was clicked stays where it was, and keeps the focus.
 * @param {string} key
 */
export function toggle(key) {
  const before = drawnAt(key);
  if (!before) return;
  const set = before.what.k === undefined ? folded : opened;
  if (!set.delete(key)) set.add(key);
  const focused = document.activeElement instanceof SVGElement && document.activeElement.dataset.key === key;
  draw();
  const after = drawnAt(key);
  if (after) pan(after.rect[0] + after.rect[2] / 2 - before.rect[0] - before.rect[2] / 2, after.rect[1] - before.rect[1]);
  if (focused) focusOn(key);
}

/** @param {string} key */
export function focusOn(key) {
  const element = canvas.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (element instanceof SVGElement) element.focus({ preventScroll: true });
}

export function foldAll() {
  opened.clear();
  folded.clear();
  for (const frame of data.layouts[0].frames) if (!frame.f.length) folded.add(frame.n);
  state.view = null;
  draw();
}

export function unfoldAll() {
  folded.clear();
  openAll(0, "");
  state.view = null;
  draw();
}

/**
 * @param {number} number
 * @param {string} prefix
 */
function openAll(number, prefix) {
  for (const box of data.layouts[number].boxes) {
    if (box.i === undefined) continue;
    opened.add(prefix + box.n);
    openAll(box.i, `${prefix + box.n}/`);
  }
}

/**
 * Opens everything around an operation, so that its own box is seen.
 * @param {number} node
 */
export function reveal(node) {
  /** @type {number | undefined} */
  let number = 0;
  let prefix = "";
  while (number !== undefined) {
    /** @type {Layout} */
    const layout = data.layouts[number];
    const box = layout.boxes.find((item) => inRanges(item.x, node));
    if (!box) break;
    for (const above of box.f) folded.delete(prefix + layout.frames[above].n);
    if (box.i !== undefined) opened.add(prefix + box.n);
    prefix += `${box.n}/`;
    number = box.i;
  }
  draw();
}
