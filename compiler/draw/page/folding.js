// Boxes open, frames fold.
import { data, inRanges } from "./data.js";
import { draw } from "./draw.js";
import { folded, opened, paneOf, panes, state } from "./state.js";
import { partner } from "./twins.js";
import { pan } from "./view.js";

/** @import { Drawn, Layout, Point, Rect } from "./types.d.ts" */

/** @param {string} key */
export const drawnAt = (key) => state.drawn.get(key);

/**
 * Opens a box or shuts it, folds a frame or unfolds it, and what stands for it in another picture; what was clicked stays where it was,
 * and keeps the focus.
 * @param {string} key
 */
export function toggle(key) {
  const before = drawnAt(key);
  if (!before) return;
  const other = partner(before);
  flip(before);
  if (other) flip(other);
  const focused = document.activeElement instanceof SVGElement && document.activeElement.dataset.key === key;
  draw();
  const after = drawnAt(key);
  if (after) pan(after.pane, ...moved(before.rect, after.rect));
  if (focused) focusOn(key);
}

/**
 * How far what was clicked has moved: the side that the flow enters at, and the middle of it.
 * @param {Rect} before
 * @param {Rect} after
 * @returns {Point}
 */
function moved(before, after) {
  /** @param {0 | 1} axis */
  const middle = (axis) => after[axis] + after[axis + 2] / 2 - before[axis] - before[axis + 2] / 2;
  return data.across ? [after[0] - before[0], middle(1)] : [middle(0), after[1] - before[1]];
}

/** @param {Drawn} item */
function flip({ what, key }) {
  const set = what.k === undefined ? folded : what.i === undefined ? undefined : opened;
  if (set && !set.delete(key)) set.add(key);
}

/** @param {string} key */
export function focusOn(key) {
  const element = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (element instanceof SVGElement) element.focus({ preventScroll: true });
}

export function foldAll() {
  opened.clear();
  folded.clear();
  for (const { root, prefix } of panes) {
    for (const frame of data.layouts[root].frames) if (!frame.f.length) folded.add(prefix + frame.n);
  }
  for (const pane of panes) pane.view = null;
  draw();
}

export function unfoldAll() {
  folded.clear();
  for (const pane of panes) {
    openAll(pane.root, pane.prefix);
    pane.view = null;
  }
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
  let number = paneOf(node).root;
  let { prefix } = paneOf(node);
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
