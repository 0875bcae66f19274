// The buttons above the picture, and the legend of its colours.
import { COUNTED, costOf, data, short, totalOf } from "./data.js";
import { byId, html } from "./elements.js";
import { foldAll, unfoldAll } from "./folding.js";
import { heat } from "./heat.js";
import { recolor } from "./paint.js";
import { changed, dark, state } from "./state.js";
import { fitWhole, zoom } from "./view.js";

const BUTTONS = {
  fold: foldAll,
  unfold: unfoldAll,
  in: () => zoom(state.active, 1.3),
  out: () => zoom(state.active, 1 / 1.3),
  fit: fitWhole,
};
for (const [id, press] of Object.entries(BUTTONS)) byId(id, HTMLButtonElement).addEventListener("click", () => press());

const choice = byId("color", HTMLSelectElement);
const legend = byId("legend", HTMLElement);
data.columns.forEach((name, k) => {
  choice.append(html("option", { value: COUNTED + 1 + k }, name));
});
choice.addEventListener("change", () => setColor(choice.value));
dark.addEventListener("change", () => setColor(state.color));

/** What colours the boxes from now on. @param {string} color */
export function setColor(color) {
  if (![...choice.options].some((option) => option.value === color)) return;
  state.color = choice.value = color;
  legend.hidden = color === "kind";
  if (color === "change") legend.replaceChildren(...changes());
  else if (color !== "kind") legend.replaceChildren(...shares(+color));
  recolor();
  changed();
}

function changes() {
  const words = { added: "+ new", removed: "\u2212 gone", changed: "~ changed", renamed: "= renamed", moved: "\u2192 moved", same: "the same" };
  return Object.entries(words).map(([kind, word]) => {
    const span = html("span", {}, word);
    span.style.background = `var(--${kind})`;
    return span;
  });
}

/** @param {number} column */
function shares(column) {
  state.dearest = Math.max(...data.roots.flatMap((root) => data.layouts[root].boxes.map((box) => costOf(box.x, column)))) || 1;
  const spans = [0, 0.2, 0.4, 0.6, 0.8, 1].map((share) => {
    const { fill, text } = heat(share);
    const span = html("span", {}, short(state.dearest * share));
    span.style.background = fill;
    span.style.color = text;
    return span;
  });
  return [`${choice.selectedOptions[0].text} a box `, ...spans, ` ${short(totalOf(column))} in all`];
}
