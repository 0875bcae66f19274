// Lines that reach an open box at a side where what it shows has no port: each runs around it, in a lane of its own, and through no box.
import { data } from "./data.js";
import { fixed } from "./elements.js";

/** @import { Box, Composed, Gutters, Inside, Lane, Layout, Point, Rect, Side } from "./types.d.ts" */

/** Between two lanes, and between the last one and what it runs around. */
const APART = 5;
const ROUND = 4;
/** Between the left border and a line that runs down there, left of the heading's words. */
const BESIDE = 4;

/** The axis along which the flow leads, and the other one. */
const along = () => /** @type {[0 | 1, 0 | 1]} */ (data.across ? [0, 1] : [1, 0]);

/** Which line it is, and whether its head or its tail. @param {number} line @param {"head" | "tail"} end */
export const laneKey = (line, end) => `${line} ${end}`;

/**
 * The side of a rectangle that is nearest to a point.
 * @param {Point} point
 * @param {Rect} rect
 * @returns {Side}
 */
function sideOf(point, rect) {
  const sides = /** @type {(Side & {distance: number})[]} */ ([]);
  for (const axis of /** @type {const} */ ([0, 1])) {
    sides.push({ axis, end: 0, distance: Math.abs(point[axis] - rect[axis]) });
    sides.push({ axis, end: 1, distance: Math.abs(point[axis] - rect[axis] - rect[axis + 2]) });
  }
  return sides.reduce((least, side) => (side.distance < least.distance ? side : least));
}

/**
 * The lanes that a box needs when it is open.
 * @param {Layout} layout
 * @param {Box} box
 * @param {Composed} composed what it then shows
 * @param {number} heading how far its heading reaches over that
 * @returns {Gutters}
 */
export function guttersOf(layout, box, composed, heading) {
  const [flow, across] = along();
  const length = [composed.w, composed.h][flow];
  const found = /** @type {(Lane & {key: string, far: number})[]} */ ([]);
  layout.lines.forEach((line, number) => {
    for (const end of /** @type {const} */ (["head", "tail"])) {
      if ((end === "head" ? line.h : line.t) !== box.n || (end === "tail" && line.b !== undefined)) continue;
      const places = /** @type {Point} */ (end === "head" ? line.d.slice(-2) : line.d.slice(0, 2));
      const side = sideOf(places, box.p);
      const name = end === "head" ? `in${line.v?.[0] ?? 0}` : `out${line.u?.[0] ?? 0}`;
      const port = composed.ports[name];
      if (!port) continue;
      const at = [composed.mapX(port[0]), composed.mapY(port[1])];
      const edge = at[flow] < length / 2 ? 0 : 1;
      const isThere = side.axis === flow && side.end === edge;
      if (isThere && (data.across || edge || at[0] > heading)) continue;
      const nearer = places[across] < box.p[across] + box.p[across + 2] / 2 ? 0 : 1;
      const gutter = isThere ? null : side.axis === across ? side.end : nearer;
      const far = Math.abs(places[flow] - box.p[flow] - edge * box.p[flow + 2]);
      found.push({ key: laneKey(number, end), side, gutter, edge, place: 0, run: 0, far });
    }
  });
  // Who enters nearest to where the ports are has the lane and the run outside of all others, and so crosses none of them.
  found.sort((one, two) => two.far - one.far);
  const lanes = /** @type {[number, number]} */ ([0, 0]);
  const runs = /** @type {[number, number]} */ ([0, 0]);
  for (const lane of found) {
    if (lane.gutter !== null) lane.place = APART * ++lanes[lane.gutter];
    lane.run = APART * ++runs[lane.edge];
  }
  /** @param {[number, number]} counts @returns {[number, number]} */
  const room = ([low, high]) => [low && APART * (low + 1), high && APART * (high + 1)];
  return { lanes: new Map(found.map((lane) => [lane.key, lane])), across: room(lanes), flow: room(runs) };
}

/**
 * From the border of an open box through its lane to a port.
 * @param {Point} border
 * @param {Point} port
 * @param {Inside} inside
 * @param {Lane} lane
 */
export function around(border, port, { composed, at, gutters }, { side, gutter, edge, place, run }) {
  const [flow, across] = along();
  const size = [composed.w, composed.h];
  /** Beyond one end of what is shown. @param {0 | 1} axis @param {0 | 1} end @param {number} by */
  const beyond = (axis, end, by) => (end ? at[axis] + size[axis] + by : at[axis] - by);
  /** @param {number} u across the flow @param {number} v along it @returns {Point} */
  const point = (u, v) => (flow === 1 ? [u, v] : [v, u]);
  const v = beyond(flow, edge, run);
  if (gutter === null) return rounded([border, point(border[across], v), point(port[across], v), port]);
  const first = side.axis === across ? border[flow] : beyond(flow, side.end, 2);
  const isBesideHeading = flow === 1 && side.axis === 0 && side.end === 0 && first < beyond(1, 0, gutters.flow[0]);
  const u = isBesideHeading ? border[0] + BESIDE : beyond(across, gutter, place);
  return rounded([border, point(border[across], first), point(u, first), point(u, v), point(port[across], v), port]);
}

/**
 * Straight pieces with round corners.
 * @param {Point[]} points
 */
function rounded(points) {
  const turns = points.filter((point, k) => !k || point[0] !== points[k - 1][0] || point[1] !== points[k - 1][1]);
  /** @param {Point} point */
  const words = ([x, y]) => `${fixed(x)} ${fixed(y)}`;
  /** On the way from one point to another, at most half of it. @param {Point} from @param {Point} to @returns {Point} */
  const near = (from, to) => {
    const share = Math.min(ROUND / Math.hypot(to[0] - from[0], to[1] - from[1]), 0.5);
    return [from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])];
  };
  let d = `M${words(turns[0])}`;
  for (let k = 1; k + 1 < turns.length; k++)
    d += `L${words(near(turns[k], turns[k - 1]))}Q${words(turns[k])} ${words(near(turns[k], turns[k + 1]))}`;
  return `${d}L${words(turns[turns.length - 1])}`;
}
