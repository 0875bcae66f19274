// The pictures: drawn as a whole each time that something opens or folds.
import { compose } from "./compose.js";
import { countedBefore, touches } from "./data.js";
import { svg } from "./elements.js";
import { begin, fill, kept } from "./keep.js";
import { markers, paint } from "./paint.js";
import { follow } from "./selection.js";
import { changed, paneOf, panes, state } from "./state.js";
import { bringIntoView, fit, show } from "./view.js";

const painters = /** @type {(() => void)[]} */ ([]);

/** Calls `painter` after each time that the pictures were drawn. @param {() => void} painter */
export function onDraw(painter) {
  painters.push(painter);
}

export function draw() {
  state.drawn = [];
  state.lines = [];
  begin();
  for (const pane of panes) {
    const whole = compose(pane.root, pane.prefix);
    const root = kept(`root ${pane.number}`, () => svg("g"));
    paint(whole, root, { pane, x: 0, y: 0, depth: 0 });
    const tips = kept(`tips ${pane.number}`, () => markers(pane));
    fill(pane.canvas, [tips, root]);
    pane.size = [whole.w, whole.h];
  }
  for (const painter of painters) painter();
  for (const pane of panes) {
    if (pane.view) show(pane, pane.view);
    else fit(pane);
  }
  highlight();
  changed();
}

/** Marks what is selected: boxes, and what is closed around it. */
function highlight() {
  const before = countedBefore(state.selected);
  for (const { element, what, closed } of state.drawn) {
    const isInnermost = closed || what.k !== undefined;
    element.classList.toggle("on", isInnermost && touches(before, what.x));
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
