// The picture: a click on a box leads to its line, the line of the cursor lights its boxes. The last good one stays while the text has errors.
import { byId } from "./elements.js";

/** @import { Lines, Places } from "./types.d.ts" */

const POINT = 4 / 3;
const STEP = 1.25;

const place = byId("picture", HTMLElement);
const stale = byId("stale", HTMLElement);

/** @type {Places} */
let places = {};
/** How large it is; null: as wide as it may be. */
let zoom = /** @type {number | null} */ (null);

/** @param {(line: number, lines: Lines) => void} chosen is told the place of a box that was clicked on, and all that it stands for */
export function start(chosen) {
  place.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    if (event.target.closest("a")) event.preventDefault();
    const id = boxOf(event.target);
    const [own, calls, around] = places[id] ?? [[], [], []];
    const meant = [around, own, calls].find((lines) => lines.length);
    mark(meant ? [id] : []);
    if (meant) chosen(meant[0][0], meant);
  });
  byId("zoom-in", HTMLButtonElement).addEventListener("click", () => scale(STEP));
  byId("zoom-out", HTMLButtonElement).addEventListener("click", () => scale(1 / STEP));
  byId("zoom-fit", HTMLButtonElement).addEventListener("click", () => {
    zoom = null;
    size();
  });
}

/**
 * The box or frame that an element is part of.
 * @param {Element | null} element
 */
function boxOf(element) {
  let around = element;
  while (around && !Object.hasOwn(places, around.id)) around = around.parentElement;
  return around?.id ?? "";
}

/**
 * @param {string} svg
 * @param {Places} of_boxes
 */
export function show(svg, of_boxes) {
  const root = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
  const { scrollLeft, scrollTop } = place;
  place.replaceChildren(document.importNode(root, true));
  size();
  place.scrollTo(scrollLeft, scrollTop);
  places = of_boxes;
  old("");
}

/**
 * Says that the picture is of an earlier text, and why; an empty reason: it is not.
 * @param {string} why
 */
export function old(why) {
  const drawn = place.childElementCount > 0;
  place.classList.toggle("old", why !== "" && drawn);
  stale.hidden = why === "";
  stale.textContent = why && drawn ? `${why}: this is the last good picture.` : why && `${why}.`;
}

/**
 * Lights the boxes of a line: those that were written there, else those that it calls, else what it is the head of.
 * @param {number} line
 */
export function light(line) {
  /** @param {number} kind @returns {[string, number][]} */
  const found = (kind) =>
    Object.entries(places).flatMap(([id, lines]) => {
      const sizes = lines[kind].filter(([first, last]) => first <= line && line <= last).map(([first, last]) => last - first);
      return sizes.length ? [/** @type {[string, number]} */ ([id, Math.min(...sizes)])] : [];
    });
  const rows = [0, 1, 2].map(found).find((some) => some.length) ?? [];
  const least = Math.min(...rows.map(([, lines]) => lines));
  mark(rows.filter(([, lines]) => lines === least).map(([id]) => id));
  place.querySelector(".lit")?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

/** @param {string[]} ids */
function mark(ids) {
  for (const box of place.querySelectorAll(".lit")) box.classList.remove("lit");
  for (const id of ids) place.querySelector(`#${CSS.escape(id)}`)?.classList.add("lit");
}

/** @param {number} by */
function scale(by) {
  const svg = place.querySelector("svg");
  if (!svg) return;
  zoom = Math.min(8, Math.max(0.05, (svg.getBoundingClientRect().width / (natural(svg) * POINT)) * by));
  size();
}

/** @param {SVGSVGElement} svg */
const natural = (svg) => svg.viewBox.baseVal.width || 100;

function size() {
  const svg = place.querySelector("svg");
  if (!svg) return;
  svg.removeAttribute("height");
  svg.removeAttribute("width");
  const width = `${natural(svg) * POINT * (zoom ?? 1)}px`;
  svg.style.width = zoom === null ? `min(100%, ${width})` : width;
}
