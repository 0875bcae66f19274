// The picture under a pointer: clicks open and select, a drag moves, a wheel or two fingers zoom.
import { each } from "./data.js";
import { drawnAt, toggle } from "./folding.js";
import { deselect, select } from "./selection.js";
import { panes, state } from "./state.js";
import { withTwins } from "./twins.js";
import { pan, zoom } from "./view.js";

/** @import { Pane, Point } from "./types.d.ts" */

/** What a click, or Enter, does to a box or a heading. @param {string} key */
export function press(key) {
  const item = drawnAt(key);
  if (!item) return;
  if (item.what.k === undefined || item.what.i !== undefined) toggle(key);
  select(withTwins(each(item.what.x)), "box", item.what.s);
}

/** Where the fingers are that are down, and on which picture. */
const fingers = /** @type {Map<number, {at: Point, pane: Pane}>} */ (new Map());

for (const pane of panes) {
  const { canvas } = pane;
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
      if (!pane.view || (event.shiftKey && !event.ctrlKey && !event.metaKey)) return;
      zoom(pane, Math.exp(-event.deltaY * 0.0015), inPicture(pane, [event.clientX, event.clientY]));
    },
    { passive: false },
  );
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return; // of another button the page may never hear that it went up
    fingers.set(event.pointerId, { at: [event.clientX, event.clientY], pane });
    state.active = pane;
    state.moved = false;
  });
  canvas.addEventListener("focusin", () => {
    state.active = pane;
  });
}
addEventListener("pointermove", (event) => {
  const held = fingers.get(event.pointerId);
  if (!held) return;
  const { at: before, pane } = held;
  /** @type {Point} */
  const now = [event.clientX, event.clientY];
  if (!state.moved && distance(now, before) < 4) return;
  state.moved = true;
  pane.canvas.classList.add("held");
  const [other] = [...fingers].filter(([id, finger]) => id !== event.pointerId && finger.pane === pane).map(([, finger]) => finger.at);
  if (other) zoom(pane, distance(now, other) / Math.max(1, distance(before, other)), inPicture(pane, between(now, other)));
  else if (pane.view) {
    const { width, height } = pane.canvas.getBoundingClientRect();
    pan(pane, ((before[0] - now[0]) / width) * pane.view[2], ((before[1] - now[1]) / height) * pane.view[3]);
  }
  fingers.set(event.pointerId, { at: now, pane });
});
for (const name of /** @type {const} */ (["pointerup", "pointercancel"])) {
  addEventListener(name, (event) => {
    fingers.get(event.pointerId)?.pane.canvas.classList.remove("held");
    fingers.delete(event.pointerId);
  });
}

/**
 * Where a point of the screen is in a picture.
 * @param {Pane} pane
 * @param {Point} point
 * @returns {Point | undefined}
 */
function inPicture({ canvas, view }, point) {
  if (!view) return undefined;
  const { left, top, width, height } = canvas.getBoundingClientRect();
  return [view[0] + ((point[0] - left) / width) * view[2], view[1] + ((point[1] - top) / height) * view[3]];
}

/**
 * @param {Point} a
 * @param {Point} b
 * @returns {Point}
 */
const between = (a, b) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];

/**
 * @param {Point} a
 * @param {Point} b
 */
const distance = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);
