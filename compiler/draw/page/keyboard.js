// The keyboard alone is enough.
import { drawnAt, focusOn } from "./folding.js";
import { press } from "./pointer.js";
import { focusSearch } from "./search.js";
import { deselect } from "./selection.js";
import { panes, state } from "./state.js";
import { bringTopIntoView, fitAll, pan, zoom } from "./view.js";

/** @import { Point } from "./types.d.ts" */

/** @type {Record<string, () => void>} */
const KEYS = {
  "/": focusSearch,
  "+": () => zoom(state.active, 1.3),
  "=": () => zoom(state.active, 1.3),
  "-": () => zoom(state.active, 1 / 1.3),
  0: fitAll,
  Escape: deselect,
};
/**
 * Another key that the page listens to.
 * @param {string} key
 * @param {() => void} action
 */
export function onKey(key, action) {
  KEYS[key] = action;
}

/** @type {Record<string, Point>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

addEventListener("keydown", (event) => {
  const target = event.target;
  if (target instanceof Element && target.closest("input, select")) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const key = target instanceof SVGElement ? target.dataset.key : undefined;
  const arrow = panes.some(({ canvas }) => canvas === target) || key ? ARROWS[event.key] : undefined;
  if (key && (event.key === "Enter" || event.key === " ")) {
    event.preventDefault();
    press(key);
    focusOn(key);
  } else if (KEYS[event.key]) {
    if (event.key === "/") event.preventDefault();
    KEYS[event.key]();
  } else if (arrow && state.active.view) {
    event.preventDefault();
    const step = state.active.view[2] / 12;
    pan(state.active, arrow[0] * step, arrow[1] * step);
  }
});

for (const { canvas } of panes) {
  canvas.addEventListener("focusin", (event) => {
    // A box that is reached with the keyboard comes into view.
    const target = event.target;
    const key = target instanceof SVGElement && target.matches(":focus-visible") ? target.dataset.key : undefined;
    const item = key === undefined ? undefined : drawnAt(key);
    if (item) bringTopIntoView(item.pane, item.rect);
  });
}
