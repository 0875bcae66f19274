// Splines of cubic pieces, and what becomes of them where strips of a layout are stretched.

/** @import { Mapping, Point } from "./types.d.ts" */

/** How far a curve may be from where its points lie in the stretched layout, and how often a piece is halved for it at most. */
const NEAR = 0.5;
const HALVINGS = 5;

/**
 * @param {number} a
 * @param {number} b
 * @param {number} c
 * @param {number} d
 * @param {number} t
 */
const cubic = (a, b, c, d, t) => (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t * t * c + t ** 3 * d;

/**
 * @param {Point[]} points four of them
 * @param {number} t
 * @returns {Point}
 */
export const onCurve = ([a, b, c, d], t) => [cubic(a[0], b[0], c[0], d[0], t), cubic(a[1], b[1], c[1], d[1], t)];

/**
 * @param {Point} a
 * @param {Point} b
 * @returns {Point}
 */
const between = (a, b) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];

/**
 * The points of a line in the stretched layout. What turns a piece may lie in a strip that the piece itself does not enter, and that has
 * grown: so a piece is halved until the curve runs where its points lie, past what it ran past before.
 * @param {number[]} numbers x and y of each point: where it begins, three for each piece, and at times where an arrow ends
 * @param {Mapping} mapX
 * @param {Mapping} mapY
 * @returns {Point[]}
 */
export function mapped(numbers, mapX, mapY) {
  const points = /** @type {Point[]} */ ([]);
  for (let k = 0; k < numbers.length; k += 2) points.push([numbers[k], numbers[k + 1]]);
  /** @param {Point} point @returns {Point} */
  const map = ([x, y]) => [mapX(x), mapY(y)];
  const found = [map(points[0])];
  /** @param {Point[]} piece @param {number} halvings */
  const add = (piece, halvings) => {
    const images = piece.map(map);
    if (!halvings || isNear(piece, images)) {
      found.push(...images.slice(1));
      return;
    }
    const [a, b, c, d] = piece;
    const [ab, bc, cd] = [between(a, b), between(b, c), between(c, d)];
    const [abc, bcd] = [between(ab, bc), between(bc, cd)];
    const middle = between(abc, bcd);
    add([a, ab, abc, middle], halvings - 1);
    add([middle, bcd, cd, d], halvings - 1);
  };
  /** @param {Point[]} piece @param {Point[]} images */
  const isNear = (piece, images) =>
    [0.25, 0.5, 0.75].every((t) => {
      const [[x, y], [u, v]] = [map(onCurve(piece, t)), onCurve(images, t)];
      return Math.abs(x - u) < NEAR && Math.abs(y - v) < NEAR;
    });
  let k = 0;
  for (; k + 3 < points.length; k += 3) add(points.slice(k, k + 4), HALVINGS);
  for (k += 1; k < points.length; k++) found.push(map(points[k]));
  return found;
}
