// What changes while the page is looked at.
import { data } from "./data.js";
import { byId } from "./elements.js";

/** @import { Drawn, DrawnLine, Pane } from "./types.d.ts" */

/**
 * The pictures, one for each network.
 * @type {Pane[]}
 */
export const panes = data.roots.map((root, number) => ({
  number,
  root,
  first: data.firsts[number],
  prefix: number ? `${number}/` : "",
  canvas: byId(number ? `canvas${number}` : "canvas", SVGSVGElement),
  view: null,
  size: [1, 1],
  whole: null,
  painted: null,
  far: false,
  dot: 0,
}));

/** The keys of boxes that were opened and of frames that were folded: names from the outside in, with `/` between them. */
export const opened = /** @type {Set<string>} */ (new Set());
export const folded = /** @type {Set<string>} */ (new Set());

export const state = {
  /** The picture that the keyboard moves. */
  active: panes[0],
  /** Boxes and frames by their keys, from the outside in. */
  drawn: /** @type {Map<string, Drawn>} */ (new Map()),
  lines: /** @type {DrawnLine[]} */ ([]),
  selected: /** @type {Set<number>} */ (new Set()),
  /** "kind", "change", or the number of a column of the costs. */
  color: data.changes ? "change" : data.color,
  /** Of that column, what the dearest box costs. */
  dearest: 1,
  /** Whether the pointer that is down, or was last, has moved. */
  moved: false,
  /** Whether the page is being printed: then all words stand. */
  isPrinted: false,
};

export const dark = matchMedia("(prefers-color-scheme: dark)");

/**
 * The picture that an operation is in.
 * @param {number} node
 */
export const paneOf = (node) => /** @type {Pane} */ (panes.findLast((pane) => pane.first <= node));

const listeners = /** @type {(() => void)[]} */ ([]);

/** Calls `listener` when something changed that a link to the page holds. @param {() => void} listener */
export function onChange(listener) {
  listeners.push(listener);
}

export function changed() {
  for (const listener of listeners) listener();
}
