// The buttons above the picture, and the legend of its colours.
import { beyond, COUNTED, costOf, data, short, totalOf } from "./data.js";
import { onDraw, onPaint } from "./draw.js";
import { byId, html } from "./elements.js";
import { foldAll, unfoldAll } from "./folding.js";
import { heat } from "./heat.js";
import { isHeat, recolor } from "./paint.js";
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
  const words = {
    added: "+ new",
    removed: "\u2212 gone",
    changed: "~ changed",
    renamed: "= renamed",
    moved: "\u2192 moved",
    same: "the same",
  };
  return Object.entries(words).map(([kind, word]) => {
    const span = html("span", {}, word);
    span.style.background = `var(--${kind})`;
    return span;
  });
}

/** Of each column what the dearest box of the networks' own pictures costs. */
const dearest = /** @type {Map<number, number>} */ (new Map());

/** @param {number} column */
function dearestBox(column) {
  let found = dearest.get(column);
  if (found === undefined) {
    const layouts = data.roots.map((root) => data.layouts[root]);
    const boxes = layouts.flatMap((layout) => layout.boxes.map((box) => costOf(box.x, column)));
    found = Math.max(0, ...boxes, ...layouts.flatMap((layout) => layout.frames.map((frame) => beyond(frame, column) ?? 0)));
    dearest.set(column, found);
  }
  return found;
}

/** A frame that is folded is dearer than its boxes: the colours tell of it too. */
let isRescaled = false;
onDraw(() => {
  if (!isHeat()) return;
  const before = state.dearest;
  const told = shares(+state.color);
  isRescaled = state.dearest !== before;
  if (isRescaled) legend.replaceChildren(...told);
});
onPaint(() => {
  if (isRescaled) recolor();
  isRescaled = false;
});

/** @param {number} column */
function shares(column) {
  const shut = [...state.drawn.values()].filter(({ what, closed }) => closed && what.k === undefined);
  state.dearest = Math.max(dearestBox(column), ...shut.map(({ what }) => costOf(what.x, column))) || 1;
  const spans = [0, 0.2, 0.4, 0.6, 0.8, 1].map((share) => {
    const { fill, text } = heat(share);
    const span = html("span", {}, short(state.dearest * share));
    span.style.background = fill;
    span.style.color = text;
    return span;
  });
  return [`${choice.selectedOptions[0].text} a box `, ...spans, ` ${totals(column)} in all`];
}

/** The sum of a column, of each network. @param {number} column */
function totals(column) {
  if (data.roots.length === 1) return short(totalOf(column));
  const ends = [...data.firsts.slice(1), data.back.length];
  return data.firsts.map((first, k) => short(costOf([first, ends[k] - 1], column))).join(" and ");
}
