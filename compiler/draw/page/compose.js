// A layout with its open boxes and shut frames: where everything stands, in its own coordinates.
import { mapped } from "./curves.js";
import { data } from "./data.js";
import { closed } from "./frames.js";
import { guttersOf, laneKey } from "./gutters.js";
import { labelAt, path } from "./lines.js";
import { folded, opened } from "./state.js";
import { headingSize, INDENT, middleOf, stretched, without } from "./stretch.js";

/** @import { Box, Composed, Demand, Frame, Gutters, Inside, Layout, Line, PlacedBox, PlacedFrame, PlacedLine, Point, Rect } from "./types.d.ts" */

/** Where a line begins that parts from another one. */
const NOWHERE = { rect: undefined, cut: false, inside: undefined, lane: undefined };
const HEADING = 15;
const MARGIN = 7;

/** @typedef {{box: Box, key: string, size: [number, number], inside: {heading: number, composed: Composed, gutters: Gutters} | null, axis: number}} Sized */
/** @typedef {{layout: Layout, prefix: string, isShut: boolean[]}} Level A layout, the keys' beginning in it, and which frames are shut. */

/**
 * @param {number} number
 * @param {string} prefix
 * @returns {Composed}
 */
export function compose(number, prefix) {
  const layout = data.layouts[number];
  const isShut = layout.frames.map(
    (frame) => folded.has(prefix + frame.n) && !frame.f.some((above) => folded.has(prefix + layout.frames[above].n)),
  );
  const level = { layout, prefix, isShut };
  const sized = layout.boxes.filter((box) => !isHidden(level, box)).map((box) => sizeOf(layout, box, prefix));
  const [alongX, alongY] = demands(level, sized);
  const mapX = stretched(alongX);
  const mapY = stretched(alongY);
  const boxes = sized.map((item) => placed(item, middleOf(item.box.p, mapX, mapY)));
  const frames = placedFrames(level, (rect) => {
    const [x, y, w, h] = rect;
    // A line that comes in left of the words is moved with the strip that it is in, and they with it.
    const indent = mapX(x + INDENT) - mapX(x);
    return { rect: [mapX(x), mapY(y), mapX(x + w) - mapX(x), mapY(y + h) - mapY(y)], middle: middleOf(rect, mapX, mapY), indent };
  });
  /** @type {Composed} */
  const composed = { w: mapX(layout.w), h: mapY(layout.h), frames, boxes, lines: [], ports: layout.ports, mapX, mapY };
  composed.lines = placedLines(level, composed);
  composed.frames = closed(layout, composed);
  return composed;
}

/**
 * @param {Level} level
 * @param {Box | Frame} item
 */
const isHidden = ({ layout, isShut }, item) =>
  item.f.some((above) => isShut[above] || layout.frames[above].f.some((further) => isShut[further]));

/**
 * @param {Layout} layout
 * @param {Box} box
 * @param {string} prefix
 * @returns {Sized}
 */
function sizeOf(layout, box, prefix) {
  const key = prefix + box.n;
  if (!opened.has(key) || box.i === undefined) return { box, key, size: [box.p[2], box.p[3]], inside: null, axis: 0 };
  const composed = compose(box.i, `${key}/`);
  const heading = headingSize(box.r.slice(0, 1))[0];
  const port = composed.ports.in0 ?? composed.ports.out0;
  // What comes in from above stands in the middle of the width, what comes in from the left in that of the height.
  const middle = data.across ? composed.h / 2 : composed.w / 2;
  const axis = port ? [composed.mapX(port[0]), composed.mapY(port[1])][data.across ? 1 : 0] : middle;
  const half = Math.max(axis + MARGIN, composed.w - axis + MARGIN, heading);
  const gutters = guttersOf(layout, box, composed, axis - half + heading);
  const inside = { heading, composed, gutters };
  const [low, high] = gutters.across;
  const room = gutters.flow[0] + gutters.flow[1];
  if (data.across) {
    const height = 2 * Math.max(axis + low + HEADING, composed.h - axis + high + MARGIN);
    return { box, key, size: [Math.max(composed.w + room, heading) + 2 * MARGIN, height], inside, axis };
  }
  // The heading ends left of what comes in.
  const width = 2 * Math.max(axis + low + MARGIN, composed.w - axis + high + MARGIN, heading);
  return { box, key, size: [width, composed.h + room + HEADING + MARGIN], inside, axis };
}

/**
 * The strips that boxes and frames cover, along x and along y.
 * @param {Level} level
 * @param {Sized[]} sized
 * @returns {[Demand[], Demand[]]}
 */
function demands(level, sized) {
  const { layout, isShut } = level;
  const along = /** @type {[Demand[], Demand[]]} */ ([[], []]);
  /** @param {Rect} rect @param {[number, number]} size */
  const demand = (rect, size) => {
    for (const axis of [0, 1]) along[axis].push([rect[axis], rect[axis] + rect[axis + 2], size[axis]]);
  };
  layout.frames.forEach((frame, k) => {
    if (isShut[k]) demand(frame.p, headingSize(frame.r));
    if (isShut[k] || isHidden(level, frame)) return;
    // The gaps between boxes of an open frame keep their size, but for those where a frame inside it is shut.
    const within = layout.frames.filter((other, j) => isShut[j] && other.f.includes(k)).map((other) => other.p);
    for (const axis of [0, 1]) {
      /** @param {Rect} rect @returns {[number, number]} */
      const side = (rect) => [rect[axis], rect[axis] + rect[axis + 2]];
      for (const [from, to] of without(side(frame.p), within.map(side))) along[axis].push([from, to, to - from]);
    }
  });
  for (const { box, size } of sized) demand(box.p, size);
  return along;
}

/**
 * @param {Sized} sized
 * @param {Point} middle
 * @returns {PlacedBox}
 */
function placed({ box, key, size, inside, axis }, [x, y]) {
  const [left, top] = [x - size[0] / 2, y - size[1] / 2];
  const before = inside ? inside.gutters.flow[0] : 0;
  /** @type {Point} */
  const at = data.across ? [left + MARGIN + before, y - axis] : [x - axis, top + HEADING + before];
  return { box, key, rect: [left, top, ...size], inside: inside && { ...inside, at } };
}

/**
 * @param {Level} level
 * @param {(rect: Rect) => {rect: Rect, middle: Point, indent: number}} mapped
 */
function placedFrames({ layout, prefix, isShut }, mapped) {
  const frames = /** @type {PlacedFrame[]} */ ([]);
  layout.frames.forEach((frame, k) => {
    if (frame.f.some((above) => isShut[above])) return;
    const { rect, middle, indent } = mapped(frame.p);
    const size = headingSize(frame.r);
    const small = /** @type {Rect} */ ([middle[0] - size[0] / 2, middle[1] - size[1] / 2, ...size]);
    frames.push({ frame, key: prefix + frame.n, rect: isShut[k] ? small : rect, shut: isShut[k], indent: isShut[k] ? INDENT : indent });
  });
  return frames;
}

/**
 * @param {Level} level
 * @param {Composed} composed
 */
function placedLines({ layout, prefix, isShut }, { frames, boxes, mapX, mapY }) {
  const rectangles = /** @type {Map<string, Rect>} */ (new Map());
  const insides = /** @type {Map<string, Inside>} */ (new Map());
  for (const { box, rect, inside } of boxes) {
    rectangles.set(box.n, rect);
    if (inside) insides.set(box.n, inside);
  }
  /** The shut frame that a box is in. */
  const holders = new Map(layout.boxes.map((box) => [box.n, box.f.find((above) => isShut[above])]));
  const shut = new Map(frames.filter((item) => item.shut).map((item) => [item.key, item.rect]));
  for (const [name, holder] of holders) {
    const rect = holder === undefined ? undefined : shut.get(prefix + layout.frames[holder].n);
    if (rect) rectangles.set(name, rect);
  }
  /** @param {string} name @param {string} key */
  const end = (name, key) => {
    const inside = insides.get(name);
    return { rect: rectangles.get(name), cut: holders.get(name) !== undefined, inside, lane: inside?.gutters.lanes.get(key) };
  };
  /** @param {number} frame */
  const isShutAround = (frame) => isShut[frame] || layout.frames[frame].f.some((above) => isShut[above]);
  const named = new Map(layout.boxes.map((box) => [box.n, box]));
  const lines = /** @type {PlacedLine[]} */ ([]);
  layout.lines.forEach((line, number) => {
    if (isWithin(line, holders) || (line.b !== undefined && isShutAround(line.b))) return;
    const points = mapped(line.d, mapX, mapY);
    const tail = line.b === undefined ? end(line.t, laneKey(number, "tail")) : NOWHERE;
    const head = end(line.h, laneKey(number, "head"));
    const label = line.l && !tail.cut ? labelAt(line, line.l, mapX, mapY) : null;
    const d = path(line, points, tail, head);
    const arrow = !head.inside && !line.h.startsWith("out");
    const bounds = around(points, [tail.rect, head.rect]);
    lines.push({ line, key: prefix + number, bounds, label, d, arrow, tail: named.get(line.t), head: named.get(line.h) });
  });
  return lines;
}

/**
 * What holds points and rectangles.
 * @param {Point[]} points
 * @param {(Rect | undefined)[]} rects
 * @returns {Rect}
 */
function around(points, rects) {
  let [left, top] = points[0];
  let [right, bottom] = points[0];
  /** @param {number} x @param {number} y */
  const hold = (x, y) => {
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  };
  for (const [x, y] of points) hold(x, y);
  for (const rect of rects) {
    if (!rect) continue;
    hold(rect[0], rect[1]);
    hold(rect[0] + rect[2], rect[1] + rect[3]);
  }
  return [left, top, right - left, bottom - top];
}

/**
 * Whether a line leads from a shut frame into itself.
 * @param {Line} line
 * @param {Map<string, number | undefined>} holders
 */
const isWithin = (line, holders) => holders.get(line.t) !== undefined && holders.get(line.t) === holders.get(line.h);
