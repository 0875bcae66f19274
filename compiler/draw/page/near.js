// A large picture is painted where it is seen, and a little around it: a click is answered as soon as among few boxes.
import { panes, state } from "./state.js";
import { room } from "./view.js";

/** @import { Composed, Pane, Point, Rect } from "./types.d.ts" */

/** Pictures of fewer boxes and frames are painted whole. */
const LARGE = 400;
/** How much around what is seen is painted, in its size. */
const MARGIN = 0.5;
/** On a smaller scale, in pixels for a unit, nobody reads a word of a large picture. */
const READABLE = 0.3;
/** What is smaller than so many pixels is not seen. */
const DOT = 0.5;
/** An open box of fewer dots shows nothing of its inside. */
const ROOM = 48;

/**
 * Notes where all of a picture stands.
 * @param {Composed} composed
 * @param {Pane} pane
 * @param {Point} corner
 */
export function place({ frames, boxes }, pane, [left, top]) {
  /** @param {Rect} rect @returns {Rect} */
  const moved = ([x, y, w, h]) => [left + x, top + y, w, h];
  for (const { frame, key, rect, shut } of frames) {
    state.drawn.set(key, { pane, element: undefined, what: frame, key, rect: moved(rect), closed: shut });
  }
  for (const { box, key, rect, inside } of boxes) {
    if (inside) state.drawn.set(key, { pane, element: undefined, what: box, key, rect: moved(rect), closed: false });
  }
  for (const { box, key, rect, inside } of boxes) {
    if (inside) place(inside.composed, pane, [left + inside.at[0], top + inside.at[1]]);
    else state.drawn.set(key, { pane, element: undefined, what: box, key, rect: moved(rect), closed: box.i !== undefined });
  }
}

/** Decides what of each picture is painted next. */
export function focus() {
  for (const pane of panes) {
    pane.far = isFar(pane);
    pane.dot = pane.far && pane.view ? DOT / scaleOf(pane, pane.view) : 0;
    pane.painted = around(pane);
  }
}

/** Whether something is seen that is not painted, or far more is painted than is seen. @param {Pane} pane */
export function isStale(pane) {
  const { view, painted } = pane;
  if (!view) return false;
  if (!painted || !isLarge()) return !!painted !== isLarge();
  if (pane.far !== isFar(pane) || painted[2] > 4 * view[2]) return true;
  return [0, 1].some((axis) => view[axis] < painted[axis] || view[axis] + view[axis + 2] > painted[axis] + painted[axis + 2]);
}

/**
 * Whether a part of a picture is painted.
 * @param {Pane} pane
 * @param {Rect} rect
 */
export function isNear({ painted, dot }, [x, y, w, h]) {
  if (!painted) return true;
  if (w < dot && h < dot) return false;
  const [left, top, width, height] = painted;
  return x <= left + width && x + w >= left && y <= top + height && y + h >= top;
}

/**
 * Whether an open box is large enough for its inside to be painted.
 * @param {Pane} pane
 * @param {Rect} rect
 */
export const hasInside = ({ dot }, [, , w, h]) => Math.max(w, h) >= ROOM * dot;

const isLarge = () => state.drawn.size > LARGE && !state.isPrinted;

/** @param {Pane} pane */
const isFar = (pane) => isLarge() && !!pane.view && scaleOf(pane, pane.view) < READABLE;

/** @param {Pane} pane @param {Rect} view */
const scaleOf = (pane, view) => room(pane)[0] / view[2];

/** @param {Pane} pane @returns {Rect | null} */
function around({ view }) {
  if (!view || !isLarge()) return null;
  const [x, y, w, h] = view;
  return [x - w * MARGIN, y - h * MARGIN, w * (1 + 2 * MARGIN), h * (1 + 2 * MARGIN)];
}
