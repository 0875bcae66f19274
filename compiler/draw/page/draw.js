// The pictures: where everything stands is found as a whole each time that something opens or folds, and what is seen of it is painted.
import { compose } from "./compose.js";
import { countedBefore, touches } from "./data.js";
import { svg } from "./elements.js";
import { begin, fill, kept } from "./keep.js";
import { focus, isStale, place } from "./near.js";
import { markers, paint } from "./paint.js";
import { follow } from "./selection.js";
import { changed, paneOf, panes, state } from "./state.js";
import { bringIntoView, fit, onView, show } from "./view.js";

const placers = /** @type {(() => void)[]} */ ([]);
const painters = /** @type {(() => void)[]} */ ([]);

/** Calls `placer` each time that the boxes have other places. @param {() => void} placer */
export function onDraw(placer) {
  placers.push(placer);
}

/** Calls `painter` after each time that the pictures were painted. @param {() => void} painter */
export function onPaint(painter) {
  painters.push(painter);
}

let isPlacing = false;

export function draw() {
  isPlacing = true;
  state.drawn = new Map();
  for (const pane of panes) {
    pane.whole = compose(pane.root, pane.prefix);
    pane.size = [pane.whole.w, pane.whole.h];
    place(pane.whole, pane, [0, 0]);
  }
  for (const placer of placers) placer();
  for (const pane of panes) {
    if (pane.view) show(pane, pane.view);
    else fit(pane);
  }
  isPlacing = false;
  paintAll();
  changed();
}

function paintAll() {
  state.lines = [];
  for (const item of state.drawn.values()) item.element = undefined;
  begin();
  focus();
  for (const pane of panes) {
    if (!pane.whole) continue;
    const root = kept(`root ${pane.number}`, () => svg("g"));
    paint(pane.whole, root, { pane, x: 0, y: 0, depth: 0 });
    const tips = kept(`tips ${pane.number}`, () => markers(pane));
    fill(pane.canvas, [tips, root]);
  }
  highlight();
  for (const painter of painters) painter();
}

onView((pane) => {
  if (!isPlacing && isStale(pane)) paintAll();
});

/** Marks what is selected: boxes, and what is closed around it. */
function highlight() {
  const before = countedBefore(state.selected);
  for (const { element, what, closed } of state.drawn.values()) {
    const isInnermost = closed || what.k !== undefined;
    element?.classList.toggle("on", isInnermost && touches(before, what.x));
  }
}

follow(({ nodes, by }) => {
  highlight();
  if (by === "box" || by === "link") return;
  for (const pane of panes) {
    const first = [...nodes].find((node) => paneOf(node) === pane);
    if (first !== undefined) bringIntoView(first);
  }
});
