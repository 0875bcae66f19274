// Strips of a layout grow where something was opened and shrink where something was folded.

/** @import { Demand, Mapping, Rect, Rows } from "./types.d.ts" */

/** From the left edge of a frame to the words of its heading. */
export const INDENT = 8;

/**
 * A growing function along one axis: each strip is scaled by the largest demand of what covers it, gaps keep their size.
 * @param {Demand[]} demands
 * @returns {Mapping}
 */
export function stretched(demands) {
  const marks = [...new Set(demands.flatMap((demand) => demand.slice(0, 2)))].sort((a, b) => a - b);
  if (!marks.length) return (at) => at;
  const scales = scalesBetween(marks, demands);
  const images = [marks[0]];
  for (let k = 1; k < marks.length; k++) images.push(images[k - 1] + (marks[k] - marks[k - 1]) * scales[k - 1]);
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
 * The largest demand between each two marks. Demands are heard from the largest on, and what was told once is passed over.
 * @param {number[]} marks
 * @param {Demand[]} demands
 */
function scalesBetween(marks, demands) {
  const places = new Map(marks.map((mark, k) => [mark, k]));
  /** @param {number} mark */
  const place = (mark) => /** @type {number} */ (places.get(mark));
  const scales = /** @type {number[]} */ (Array(marks.length - 1).fill(1));
  /** From each place the next one that nobody has told of, or a way to it. */
  const next = marks.map((_, k) => k);
  /** @param {number} k */
  const free = (k) => {
    while (next[k] !== k) {
      next[k] = next[next[k]];
      k = next[k];
    }
    return k;
  };
  const scaled = demands
    .filter(([from, to]) => from < to)
    .map(([from, to, size]) => ({ from: place(from), to: place(to), scale: size / (to - from) }));
  for (const { from, to, scale } of scaled.sort((one, two) => two.scale - one.scale)) {
    for (let k = free(from); k < to; k = free(k)) {
      scales[k] = scale;
      next[k] = k + 1;
    }
  }
  return scales;
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
