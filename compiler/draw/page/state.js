// What changes while the page is looked at.
import { byId } from "./elements.js";

/** @import { Drawn, Rect } from "./types.d.ts" */

export const canvas = byId("canvas", SVGSVGElement);

/** The keys of boxes that were opened and of frames that were folded: names from the outside in, with `/` between them. */
export const opened = /** @type {Set<string>} */ (new Set());
export const folded = /** @type {Set<string>} */ (new Set());

export const state = {
  /** The part of the picture that is seen; null until it is fitted. */
  view: /** @type {Rect | null} */ (null),
  /** The picture's width and height. */
  size: [1, 1],
  drawn: /** @type {Drawn[]} */ ([]),
  selected: /** @type {Set<number>} */ (new Set()),
  /** "kind", or the number of a column of the costs. */
  color: "kind",
  /** Of that column, what the dearest box costs. */
  dearest: 1,
  /** Whether the pointer that is down, or was last, has moved. */
  moved: false,
};

export const dark = matchMedia("(prefers-color-scheme: dark)");
