// The picture: drawn as a whole each time that something opens, folds or changes its colour.
import { compose } from "./compose.js";
import { inRanges } from "./data.js";
import { svg } from "./elements.js";
import { markers, paint } from "./paint.js";
import { follow } from "./selection.js";
import { canvas, state } from "./state.js";
import { bringIntoView, fit, show } from "./view.js";

export function draw() {
  const whole = compose(0, "");
  state.drawn = [];
  const root = svg("g");
  paint(whole, root, { x: 0, y: 0, depth: 0 });
  canvas.replaceChildren(markers(), root);
  state.size = [whole.w, whole.h];
  if (state.view) show(state.view);
  else fit();
  highlight();
}

/** Marks what is selected: boxes, and what is closed around it. */
function highlight() {
  for (const { element, what, closed } of state.drawn) {
    const isInnermost = closed || what.k !== undefined;
    element.classList.toggle("on", isInnermost && [...state.selected].some((node) => inRanges(what.x, node)));
  }
}

follow(({ nodes, by }) => {
  highlight();
  const [first] = nodes;
  if (first !== undefined && by !== "box") bringIntoView(first);
});
