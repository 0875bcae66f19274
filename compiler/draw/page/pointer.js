// The picture under a pointer: clicks open and select, a drag moves, a wheel or two fingers zoom.
import { each } from "./data.js";
import { drawnAt, toggle } from "./folding.js";
import { deselect, select } from "./selection.js";
import { canvas, state } from "./state.js";
import { pan, zoom } from "./view.js";

/** @import { Point } from "./types.d.ts" */

/** What a click, or Enter, does to a box or a heading. @param {string} key */
export function press(key) {
  const item = drawnAt(key);
  if (!item) return;
  if (item.what.k === undefined || item.what.i !== undefined) toggle(key);
  select(each(item.what.x), "box", item.what.s);
}

canvas.addEventListener("click", (event) => {
  if (state.moved) return; // the end of a drag
  const element = event.target instanceof Element ? event.target.closest("[data-key]") : null;
  const key = element?.getAttribute("data-key");
  if (key) press(key);
  else deselect();
});

canvas.addEventListener(
  "wheel",
  (event) => {
    event.preventDefault();
    if (!state.view || (event.shiftKey && !event.ctrlKey && !event.metaKey)) return;
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const [x, y, w, h] = state.view;
    zoom(Math.exp(-event.deltaY * 0.0015), [x + ((event.clientX - left) / width) * w, y + ((event.clientY - top) / height) * h]);
  },
  { passive: false },
);

/** Where the fingers are that are down. */
const fingers = /** @type {Map<number, Point>} */ (new Map());

canvas.addEventListener("pointerdown", (event) => {
  fingers.set(event.pointerId, [event.clientX, event.clientY]);
  state.moved = false;
});
addEventListener("pointermove", (event) => {
  const before = fingers.get(event.pointerId);
  if (!before) return;
  /** @type {Point} */
  const now = [event.clientX, event.clientY];
  if (!state.moved && distance(now, before) < 4) return;
  state.moved = true;
  canvas.classList.add("held");
  const other = [...fingers].find(([id]) => id !== event.pointerId);
  if (other && fingers.size === 2) zoom(distance(now, other[1]) / Math.max(1, distance(before, other[1])));
  else if (state.view) {
    const { width, height } = canvas.getBoundingClientRect();
    pan(((before[0] - now[0]) / width) * state.view[2], ((before[1] - now[1]) / height) * state.view[3]);
  }
  fingers.set(event.pointerId, now);
});
for (const name of /** @type {const} */ (["pointerup", "pointercancel"])) {
  addEventListener(name, (event) => {
    fingers.delete(event.pointerId);
    canvas.classList.remove("held");
  });
}

/**
 * @param {Point} a
 * @param {Point} b
 */
const distance = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);
