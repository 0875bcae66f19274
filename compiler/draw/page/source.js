// The sources beside the picture: a line shows its boxes, a box its lines.
import { data, each } from "./data.js";
import { byId, html } from "./elements.js";
import { follow, scrollTo, select } from "./selection.js";

/** @import { Selection } from "./types.d.ts" */

/** Of one selection, the operations whose lines are shown: a page of marked lines says nothing. */
const MOST_NODES = 2000;
const MOST_LINES = 60;

/** The rows of each file. */
const rows = data.sources.map(({ name, lines }, file) => {
  const items = lines.map((pieces, k) => {
    const colored = pieces.map((piece) => (typeof piece === "string" ? piece : html("span", { class: piece[1] }, piece[0])));
    const item = html("li", { "data-line": k + 1 }, ...colored);
    item.addEventListener("click", () => select(nodesAt(file, k + 1), "line"));
    return item;
  });
  byId("source", HTMLElement).append(html("h2", {}, name), html("ol", {}, ...items));
  return items;
});

/**
 * The operations that a line made: those written there, else those of the blocks that are called there.
 * @param {number} file
 * @param {number} line
 */
function nodesAt(file, line) {
  /** @param {number} place */
  const isHere = (place) => {
    const [in_file, first, last] = data.places[place];
    return in_file === file && first <= line && line <= last;
  };
  const own = /** @type {number[]} */ ([]);
  const called = /** @type {number[]} */ ([]);
  for (const [node, row] of Object.entries(data.nodes)) {
    const [place, ...calls] = row[7];
    if (isHere(place)) own.push(+node);
    else if (calls.some(isHere)) called.push(+node);
  }
  if (own.length) return own;
  if (called.length) return called;
  const frames = data.layouts.flatMap((layout) => layout.frames).filter((frame) => isHere(frame.s));
  return frames.flatMap((frame) => [...each(frame.x)]);
}

/**
 * The places in the sources that a selection means.
 * @param {Selection} selection
 */
function placesOf({ nodes, by, place }) {
  const places = new Set(place === undefined ? [] : [place]);
  for (const node of [...nodes].slice(0, MOST_NODES)) {
    const [own, ...calls] = data.nodes[node]?.[7] ?? [];
    if (own !== undefined) places.add(own);
    if (nodes.size < 40 && by !== "line") for (const call of calls) places.add(call);
  }
  return places;
}

follow((selection) => {
  for (const line of rows.flat()) line.classList.remove("on");
  const [node] = selection.nodes;
  if (node === undefined) return;
  for (const place of placesOf(selection)) {
    const [file, start, end] = data.places[place];
    for (const line of rows[file].slice(start - 1, Math.min(end, start + MOST_LINES))) line.classList.add("on");
  }
  const meant = selection.place ?? data.nodes[node]?.[7][0];
  if (selection.by === "line" || meant === undefined) return;
  const [file, start] = data.places[meant];
  scrollTo(rows[file][start - 1]);
});
