// The pictures turned: the flow leads down, or to the right. Both layouts come with the page.
import { keepToo } from "./address.js";
import { data } from "./data.js";
import { draw } from "./draw.js";
import { byId } from "./elements.js";
import { forget } from "./keep.js";
import { onKey } from "./keyboard.js";
import { changed, panes, state } from "./state.js";
import { bringIntoView, measureAll } from "./view.js";

/** @import { Layout, TurnedLayout } from "./types.d.ts" */

const button = byId("turn", HTMLButtonElement);
const diagram = byId("diagram", HTMLElement);
let isTurned = false;

/**
 * The same boxes, frames and lines, in other places.
 * @param {Layout} layout
 * @param {TurnedLayout} turned
 * @returns {Layout}
 */
const moved = (layout, { w, h, ports, frames, boxes, lines }) => ({
  w,
  h,
  ports,
  frames: layout.frames.map((frame, k) => ({ ...frame, p: frames[k] })),
  boxes: layout.boxes.map((box, k) => ({ ...box, p: boxes[k] })),
  lines: layout.lines.map((line, k) => ({ ...line, l: undefined, b: undefined, ...lines[k] })),
});

/** The layouts that are not shown; made when they are first asked for. */
let others = /** @type {Layout[] | null} */ (null);

function swap() {
  const hidden = others ?? data.layouts.map((layout, k) => moved(layout, data.turned[k]));
  others = data.layouts;
  data.layouts = hidden;
  data.across = !data.across;
  isTurned = !isTurned;
  diagram.toggleAttribute("data-flow", data.across);
  forget();
  measureAll();
}

function turn() {
  swap();
  for (const pane of panes) pane.view = null;
  draw();
  const [node] = state.selected;
  if (node !== undefined) bringIntoView(node);
  changed();
}

if (data.turned.length) {
  button.addEventListener("click", turn);
  onKey("r", turn);
}
keepToo("turned", {
  tell: () => isTurned,
  set: (isSo) => {
    if (isSo !== isTurned && data.turned.length) swap();
  },
});
