// Strips of a layout grow where something was opened and shrink where something was folded.

/** @import { Demand, Mapping, Rect, Rows } from "./types.d.ts" */

/**
 * A growing function along one axis: each strip is scaled by the largest demand of what covers it, gaps keep their size.
 * @param {Demand[]} demands
 * @returns {Mapping}
 */
export function stretched(demands) {
  const marks = [...new Set(demands.flatMap((demand) => demand.slice(0, 2)))].sort((a, b) => a - b);
  if (!marks.length) return (at) => at;
  const images = [marks[0]];
  for (let k = 1; k < marks.length; k++) {
    const middle = (marks[k - 1] + marks[k]) / 2;
    /** @type {number | null} */
    let scale = null;
    for (const [from, to, size] of demands) if (from < middle && middle < to) scale = Math.max(scale ?? 0, size / (to - from));
    images.push(images[k - 1] + (marks[k] - marks[k - 1]) * (scale ?? 1));
  }
  return (at) => {
    if (at <= marks[0]) return at;
    const last = marks.length - 1;
    if (at >= marks[last]) return at - marks[last] + images[last];
    let low = 0;
    let high = last;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (marks[middle] <= at) low = middle;
      else high = middle;
    }
    return images[low] + ((at - marks[low]) / (marks[high] - marks[low])) * (images[high] - images[low]);
  };
}

/**
 * What is left of an interval without others.
 * @param {[number, number]} whole
 * @param {[number, number][]} others
 */
export function without([start, end], others) {
  const left = /** @type {[number, number][]} */ ([]);
  let from = start;
  for (const [a, b] of others.sort((one, two) => one[0] - two[0])) {
    if (a > from) left.push([from, Math.min(a, end)]);
    from = Math.max(from, b);
  }
  if (from < end) left.push([from, end]);
  return left;
}

/**
 * The width and height that rows of words need.
 * @param {Rows} rows
 * @returns {[number, number]}
 */
export function headingSize(rows) {
  const width = Math.max(...rows.map((row) => row.reduce((sum, [text, , wide]) => sum + (wide ?? text.length * 6), 0)));
  return [width + 16, rows.length * 10 + 8];
}

/**
 * @param {Rect} rect
 * @param {Mapping} mapX
 * @param {Mapping} mapY
 * @returns {[number, number]}
 */
export const middleOf = ([x, y, w, h], mapX, mapY) => [(mapX(x) + mapX(x + w)) / 2, (mapY(y) + mapY(y + h)) / 2];
