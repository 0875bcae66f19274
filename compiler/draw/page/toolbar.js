// The buttons above the picture, and the legend of its colours.
import { costIn, costOf, data } from "./data.js";
import { draw } from "./draw.js";
import { byId, html } from "./elements.js";
import { foldAll, unfoldAll } from "./folding.js";
import { heat } from "./heat.js";
import { dark, state } from "./state.js";
import { fitWhole, zoom } from "./view.js";

const BUTTONS = { fold: foldAll, unfold: unfoldAll, in: () => zoom(1.3), out: () => zoom(1 / 1.3), fit: fitWhole };
for (const [id, press] of Object.entries(BUTTONS)) byId(id, HTMLButtonElement).addEventListener("click", () => press());

const choice = byId("color", HTMLSelectElement);
const legend = byId("legend", HTMLElement);
choice.addEventListener("change", () => {
  state.color = choice.value;
  recolor();
});
dark.addEventListener("change", recolor);

function recolor() {
  legend.hidden = state.color === "kind";
  if (!legend.hidden) {
    const column = +state.color;
    state.dearest = Math.max(1, ...data.layouts[0].boxes.map((box) => costOf(box.x, column)));
    const total = Object.keys(data.nodes).reduce((sum, node) => sum + costIn(node, column), 0);
    const shares = [0, 0.2, 0.4, 0.6, 0.8, 1].map((share) => {
      const { fill, text } = heat(share);
      const span = html("span", {}, short(state.dearest * share));
      span.style.background = fill;
      span.style.color = text;
      return span;
    });
    legend.replaceChildren(`${choice.selectedOptions[0].text} a box `, ...shares, ` ${short(total)} in all`);
  }
  draw();
}

/** `1.58G` @param {number} value */
function short(value) {
  const units = /** @type {[number, string][]} */ ([
    [1e12, "T"],
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "K"],
  ]);
  for (const [size, letter] of units) if (value >= size) return +(value / size).toPrecision(3) + letter;
  return String(Math.round(value));
}
