// The path of a line: its spline, stretched, cut at what was folded, led on to what is smaller than its strip or was opened.
import { onCurve } from "./curves.js";
import { data } from "./data.js";
import { fixed } from "./elements.js";
import { around } from "./gutters.js";

/** @import { Inside, Label, Lane, Line, Mapping, Point, Rect } from "./types.d.ts" */

/**
 * @param {Point} point
 * @param {Rect} rect
 */
const inRect = ([x, y], [rx, ry, w, h]) => x > rx && x < rx + w && y > ry && y < ry + h;

/**
 * The point of a rectangle that is nearest.
 * @param {Point} point
 * @param {Rect} rect
 * @returns {Point}
 */
const toRect = ([x, y], [rx, ry, w, h]) => [Math.min(Math.max(x, rx), rx + w), Math.min(Math.max(y, ry), ry + h)];

/**
 * @param {Point} a
 * @param {Point} b
 */
const apart = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]) > 1.5;

/**
 * Whether a point is in a rectangle or so near that the piece from it to the edge would lead anywhere.
 * @param {Point} point
 * @param {Rect} rect
 */
const isAt = (point, rect) => inRect(point, rect) || !apart(point, toRect(point, rect));

/** @param {Point} point */
const words = (point) => point.map(fixed).join(" ");

/**
 * From one point straight down, over, and down to another; the same to the right where the picture leads there.
 * @param {Point} from
 * @param {Point} to
 */
function bend(from, to) {
  if (data.across) {
    const between = fixed((from[0] + to[0]) / 2);
    return `M${words(from)}C${between} ${fixed(from[1])} ${between} ${fixed(to[1])} ${words(to)}`;
  }
  const middle = fixed((from[1] + to[1]) / 2);
  return `M${words(from)}C${fixed(from[0])} ${middle} ${fixed(to[0])} ${middle} ${words(to)}`;
}

/**
 * @param {Inside} inside
 * @param {string} name
 * @returns {Point | undefined}
 */
function portAt({ composed, at }, name) {
  const port = composed.ports[name];
  return port && [at[0] + composed.mapX(port[0]), at[1] + composed.mapY(port[1])];
}

/**
 * @typedef {object} End Where a line ends.
 * @property {Rect | undefined} rect
 * @property {boolean} cut whether that is a folded frame around what it led to
 * @property {Inside | undefined} inside what that shows, where it is open
 * @property {Lane | undefined} lane how the line runs around it to its port
 */

/**
 * From the border of an open box to a port of what it shows.
 * @param {Point} border
 * @param {string} name
 * @param {End} end
 */
function lead(border, name, { inside, lane }) {
  const port = inside && portAt(inside, name);
  if (!port) return "";
  return lane ? around(border, port, inside, lane) : bend(border, port);
}

/**
 * The points of a line, its last ones moved along the upper border of an open box to where the heading ends.
 * @param {Point[]} points
 * @param {End} end where they lead
 * @returns {Point[]}
 */
function besideHeading(points, { rect, inside }) {
  const last = points[points.length - 1];
  if (!inside || !rect || Math.abs(toRect(last, rect)[1] - rect[1]) > 0.5) return [...points];
  // Where the flow leads to the right, what comes in at the corner comes from the left, and past no word.
  if (data.across && last[0] < rect[0] + 0.5) return [...points];
  const by = rect[0] + inside.heading - last[0];
  if (by <= 0) return [...points];
  // The last point, the one before where an arrow ends, and what turns the curve towards them.
  const moved = points.length - (points.length % 3 === 2 ? 3 : 2);
  return points.map(([x, y], k) => (k < moved ? [x, y] : [x + by, y]));
}

/**
 * @param {Line} line
 * @param {Point[]} points stretched
 * @param {End} tail
 * @param {End} head
 */
export function path(line, points, tail, head) {
  points = besideHeading(besideHeading(points, head).reverse(), tail).reverse();
  // Graphviz tells a point more where an arrow ends, to which a straight piece leads.
  const bezier = points.slice(0, points.length - (points.length % 3 === 2 ? 1 : 0));
  const isLonger = bezier.length < points.length;
  const first = points[0];
  const last = points[points.length - 1];
  let d = tail.cut || head.cut ? cutPath(bezier, isLonger ? last : null, tail, head) : splinePath(bezier, isLonger ? last : null);
  if (tail.rect && !tail.cut) {
    const border = toRect(first, tail.rect);
    if (apart(first, border)) d = `M${words(border)}L${d.slice(1)}`;
  }
  if (head.rect && !head.cut) {
    const border = toRect(last, head.rect);
    if (apart(last, border)) d += `L${words(border)}`;
  }
  if (head.inside && head.rect) {
    const end = toRect(last, head.rect);
    for (const port of line.v ?? [0]) d += lead(end, `in${port}`, head);
  }
  if (tail.inside && tail.rect) {
    const start = toRect(first, tail.rect);
    for (const port of line.u ?? [0]) d = lead(start, `out${port}`, tail) + d;
  }
  return d;
}

/**
 * @param {Point[]} bezier
 * @param {Point | null} end
 */
function splinePath(bezier, end) {
  let d = `M${words(bezier[0])}`;
  for (let k = 1; k + 2 < bezier.length; k += 3)
    d += `C${bezier
      .slice(k, k + 3)
      .map(words)
      .join(" ")}`;
  return end ? `${d}L${words(end)}` : d;
}

/**
 * @param {Point[]} bezier
 * @param {Point | null} end
 * @param {End} tail
 * @param {End} head
 */
function cutPath(bezier, end, tail, head) {
  const samples = [bezier[0]];
  for (let k = 1; k + 2 < bezier.length; k += 3) for (let s = 1; s <= 12; s++) samples.push(onCurve(bezier.slice(k - 1, k + 3), s / 12));
  if (end) samples.push(end);
  if (tail.cut && tail.rect) {
    while (samples.length > 1 && isAt(samples[0], tail.rect)) samples.shift();
  }
  if (head.cut && head.rect) {
    while (samples.length > 1 && isAt(samples[samples.length - 1], head.rect)) samples.pop();
  }
  if (tail.cut && tail.rect) samples.unshift(toRect(samples[0], tail.rect));
  if (head.cut && head.rect) samples.push(toRect(samples[samples.length - 1], head.rect));
  return `M${samples.map(words).join("L")}`;
}

/**
 * A label keeps its distance from the nearest point of its line.
 * @param {Line} line
 * @param {Label} label
 * @param {Mapping} mapX
 * @param {Mapping} mapY
 * @returns {Label}
 */
export function labelAt(line, [text, x, y, wide], mapX, mapY) {
  /** @type {Point} */
  let best = [x, y];
  let least = Infinity;
  for (let k = 2; k + 6 <= line.d.length; k += 6) {
    const curve = [k - 2, k, k + 2, k + 4].map((j) => /** @type {Point} */ ([line.d[j], line.d[j + 1]]));
    for (let s = 0; s <= 12; s++) {
      const point = onCurve(curve, s / 12);
      const distance = Math.hypot(point[0] - x, point[1] - y);
      if (distance < least) {
        least = distance;
        best = point;
      }
    }
  }
  return [text, mapX(best[0]) + x - best[0], mapY(best[1]) + y - best[1], wide];
}
