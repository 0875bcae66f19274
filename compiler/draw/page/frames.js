// Frames stay as close around what they hold as they were, where something that stands above, below or beside them was opened.
import { headingSize, INDENT } from "./stretch.js";

/** @import { Composed, Label, Layout, Line, PlacedFrame, Point, Rect } from "./types.d.ts" */

/** Half the height of words beside a line. */
const HALF = 4;
/** Of what a heading needs, what lies beyond its words and a gap. */
const BESIDE = 4;

/** @typedef {[left: number, top: number, right: number, bottom: number]} Sides */
/** @typedef {{before: Sides, after: Sides, entering: Point[]}} Held What a frame holds: where it was, and where it stands now; lines come in beside its
 * heading at these places, before and now. */

/**
 * @param {Layout} layout
 * @param {Composed} composed with frames as far as the strips reach that they cover
 * @returns {PlacedFrame[]}
 */
export function closed(layout, { frames, boxes, lines, mapX, mapY }) {
  const held = layout.frames.map(() => ({ before: nothing(), after: nothing(), entering: /** @type {Point[]} */ ([]) }));
  for (const { box, rect } of boxes) hold(held[box.f[box.f.length - 1]], box.p, rect);
  for (const { line, label, tail, head } of lines) {
    const pieces = /** @type {[Rect, Rect][]} */ (label && line.l ? [[around(line.l), around(label)]] : []);
    for (let at = 0; at < line.d.length; at += 2) {
      const [x, y] = [line.d[at], line.d[at + 1]];
      pieces.push([
        [x, y, 0, 0],
        [mapX(x), mapY(y), 0, 0],
      ]);
    }
    for (const k of new Set([...(tail?.f ?? []), ...(head?.f ?? [])]))
      for (const [before, after] of pieces) if (isWithin(before, layout.frames[k].p)) hold(held[k], before, after);
    for (const k of head?.f ?? []) {
      const x = tail?.f.includes(k) ? undefined : above(line, layout.frames[k].p);
      if (x !== undefined) held[k].entering.push([x, mapX(x)]);
    }
  }
  const numbers = new Map(layout.frames.map((frame, k) => [frame, k]));
  const found = /** @type {PlacedFrame[]} */ ([]);
  for (const item of [...frames].reverse()) {
    const { f, p } = item.frame;
    const near = item.shut ? item : closer(item, held[/** @type {number} */ (numbers.get(item.frame))]);
    hold(held[f[f.length - 1]], p, near.rect);
    found.push(near);
  }
  return found.reverse();
}

/** Where a line comes into a frame from above. @param {Line} line @param {Rect} frame */
function above({ d }, [, top]) {
  for (let at = 2; at < d.length; at += 2) {
    const [x0, y0, x1, y1] = d.slice(at - 2, at + 2);
    if (y0 <= top && top < y1) return x0 + ((top - y0) / (y1 - y0)) * (x1 - x0);
  }
  return undefined;
}

/** @returns {Sides} */
const nothing = () => [Infinity, Infinity, -Infinity, -Infinity];

/** Where the words beside a line stand. @param {Label} label @returns {Rect} */
const around = ([text, x, y, wide]) => {
  const width = wide ?? text.length * 5;
  return [x - width / 2, y - HALF, width, 2 * HALF];
};

/** @param {Rect} one @param {Rect} other */
const isWithin = ([x, y, w, h], [left, top, width, height]) => left < x && x + w < left + width && top < y && y + h < top + height;

/**
 * @param {Held | undefined} held
 * @param {Rect} before
 * @param {Rect} after
 */
function hold(held, before, after) {
  if (!held) return;
  for (const [sides, [x, y, w, h]] of /** @type {[Sides, Rect][]} */ ([
    [held.before, before],
    [held.after, after],
  ])) {
    sides[0] = Math.min(sides[0], x);
    sides[1] = Math.min(sides[1], y);
    sides[2] = Math.max(sides[2], x + w);
    sides[3] = Math.max(sides[3], y + h);
  }
}

/**
 * As much room at each side of what it holds as there was, and beside its heading, and never more than its strips have.
 * @param {PlacedFrame} item
 * @param {Held} held
 * @returns {PlacedFrame}
 */
function closer(item, { before, after, entering }) {
  if (before[0] > before[2]) return item;
  const [x, y, w, h] = item.frame.p;
  const [left, top, width, height] = item.rect;
  const words = headingSize(item.frame.r)[0] - BESIDE;
  const beside = entering.map(([was, is]) => is - Math.min(was - x, words));
  const start = Math.max(left, Math.min(after[0] - (before[0] - x), ...beside));
  const upper = Math.max(top, after[1] - (before[1] - y));
  const end = Math.min(left + width, after[2] + (x + w - before[2]));
  const below = Math.min(top + height, after[3] + (y + h - before[3]));
  const indent = Math.max(INDENT, item.indent - (start - left));
  return { ...item, rect: [start, upper, end - start, below - upper], indent };
}
