// What the page was written with, and questions to it.
import { byId } from "./elements.js";

/** @import { Box, Data, Frame, Ranges, Rows } from "./types.d.ts" */

/** @type {Data} */
export const data = JSON.parse(byId("data", HTMLScriptElement).text);

/** The last column of the costs that archc counts; behind it stand the reader's own numbers. */
export const COUNTED = 4;

/**
 * @param {Ranges} ranges
 * @param {number} node
 */
export function inRanges(ranges, node) {
  for (let k = 0; k < ranges.length; k += 2) if (ranges[k] <= node && node <= ranges[k + 1]) return true;
  return false;
}

/**
 * Whether ranges hold all of others.
 * @param {Ranges} ranges
 * @param {Ranges} others
 */
function hold(ranges, others) {
  for (let k = 0; k < others.length; k += 2) {
    let at = 0;
    while (at < ranges.length && ranges[at + 1] < others[k]) at += 2;
    if (at >= ranges.length || ranges[at] > others[k] || others[k + 1] > ranges[at + 1]) return false;
  }
  return true;
}

/** @param {Ranges} ranges */
export function* each(ranges) {
  for (let k = 0; k < ranges.length; k += 2) for (let node = ranges[k]; node <= ranges[k + 1]; node++) yield node;
}

/**
 * For each operation how many of some stand before it.
 * @param {Set<number>} nodes
 */
export function countedBefore(nodes) {
  const before = new Uint32Array(data.back.length + 1);
  for (let node = 0; node < data.back.length; node++) before[node + 1] = before[node] + (nodes.has(node) ? 1 : 0);
  return before;
}

/**
 * Whether any of those that were counted is in ranges.
 * @param {Uint32Array} before
 * @param {Ranges} ranges
 */
export function touches(before, ranges) {
  for (let k = 0; k < ranges.length; k += 2) if (before[ranges[k + 1] + 1] > before[ranges[k]]) return true;
  return false;
}

/**
 * The sum of a column of the costs. A number of a part counts where the whole part is within, and stands for all that is in it.
 * @param {Ranges} ranges
 * @param {number} column
 */
export function costOf(ranges, column) {
  let sum = 0;
  if (column > COUNTED) {
    const counted = new Set();
    data.values.forEach(({ x, v, u }, k) => {
      const number = v[column - COUNTED - 1];
      if (number === null || !hold(ranges, x)) return;
      counted.add(k);
      if (!u.some((outer) => counted.has(outer))) sum += number;
    });
  } else {
    const before = sumsOf(column);
    for (let k = 0; k < ranges.length; k += 2) sum += before[ranges[k + 1] + 1] - before[ranges[k]];
  }
  return sum;
}

/** Of each column the sums of the costs before every operation: a box of thousands costs as much as one of two. */
const sums = /** @type {Map<number, Float64Array>} */ (new Map());

/** @param {number} column */
function sumsOf(column) {
  let found = sums.get(column);
  if (!found) {
    found = new Float64Array(data.back.length + 1);
    for (let node = 0; node < data.back.length; node++) found[node + 1] = found[node] + costIn(node, column);
    sums.set(column, found);
  }
  return found;
}

/**
 * @param {number | string} node
 * @param {number} column 1 parameters, 2 MACs, 3 FLOPs, 4 activations, then the reader's own
 */
export function costIn(node, column) {
  if (column <= COUNTED) return Number(data.nodes[node]?.[column + 2] ?? 0);
  return own.get(+node)?.[column - COUNTED - 1] ?? 0;
}

/** The reader's numbers of single operations; of a part with one operation and this itself, those of the part. */
const own = new Map(
  data.values
    .filter(({ x }) => x.length === 2 && x[0] === x[1])
    .map(({ x, v }) => /** @type {const} */ ([x[0], v]))
    .reverse(),
);

/**
 * A column's sum over everything.
 * @param {number} column
 */
export function totalOf(column) {
  return costOf([0, data.back.length - 1], column);
}

/**
 * What a column tells of a frame or an open box, and of nothing that is seen in it; null where there is no such thing.
 * @param {Box | Frame} what
 * @param {number} column
 */
export const beyond = ({ o }, column) => (column > COUNTED ? (o?.[column - COUNTED - 1] ?? null) : null);

/**
 * `1.58G`
 * @param {number} value
 */
export function short(value) {
  const units = /** @type {[number, string][]} */ ([
    [1e12, "T"],
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "K"],
  ]);
  for (const [size, letter] of units) if (Math.abs(value) >= size) return +(value / size).toPrecision(3) + letter;
  return String(Number.isInteger(value) ? value : +value.toPrecision(3));
}

/**
 * All words of a heading or a box.
 * @param {Rows} rows
 */
export const plain = (rows) => rows.map((row) => row.map(([text]) => text).join("")).join(", ");
