// What the page was written with, and questions to it.
import { byId } from "./elements.js";

/** @import { Data, Ranges, Rows } from "./types.d.ts" */

/** @type {Data} */
export const data = JSON.parse(byId("data", HTMLScriptElement).text);

/**
 * @param {Ranges} ranges
 * @param {number} node
 */
export function inRanges(ranges, node) {
  for (let k = 0; k < ranges.length; k += 2) if (ranges[k] <= node && node <= ranges[k + 1]) return true;
  return false;
}

/** @param {Ranges} ranges */
export function* each(ranges) {
  for (let k = 0; k < ranges.length; k += 2) for (let node = ranges[k]; node <= ranges[k + 1]; node++) yield node;
}

/**
 * The sum of a column of the costs.
 * @param {Ranges} ranges
 * @param {number} column
 */
export function costOf(ranges, column) {
  let sum = 0;
  for (const node of each(ranges)) sum += costIn(node, column);
  return sum;
}

/**
 * @param {number | string} node
 * @param {number} column 1 parameters, 2 MACs, 3 FLOPs, 4 activations
 */
export const costIn = (node, column) => Number(data.nodes[node]?.[column + 2] ?? 0);

/**
 * All words of a heading or a box.
 * @param {Rows} rows
 */
export const plain = (rows) => rows.map((row) => row.map(([text]) => text).join("")).join(", ");
