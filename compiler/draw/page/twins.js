// Which steps of two networks are one: those that stand on both sides of a comparison.
import { data, each, inRanges } from "./data.js";
import { state } from "./state.js";

/** @import { Drawn } from "./types.d.ts" */

const twins = new Map((data.pairs ?? []).flatMap(([one, two]) => [/** @type {const} */ ([one, two]), /** @type {const} */ ([two, one])]));

/** The step of the other network that is the same. @param {number} node */
export const twin = (node) => twins.get(node);

/**
 * Steps, and those of the other network that are the same.
 * @param {Iterable<number>} nodes
 */
export function withTwins(nodes) {
  const found = [...nodes];
  for (const node of [...found]) {
    const other = twins.get(node);
    if (other !== undefined) found.push(other);
  }
  return found;
}

/** @param {Drawn} item */
const size = ({ what: { x } }) => x.reduce((sum, at, k) => sum + (k % 2 ? at + 1 : -at), 0);

/**
 * What stands for a box or a frame in the other picture: open or shut as it is, and as like it in size as there is.
 * @param {Drawn} item
 * @returns {Drawn | undefined}
 */
export function partner(item) {
  if (!twins.size) return undefined;
  for (const node of each(item.what.x)) {
    const other = twins.get(node);
    if (other === undefined) continue;
    return [...state.drawn.values()]
      .filter(({ pane, closed, what }) => pane !== item.pane && closed === item.closed && inRanges(what.x, other))
      .sort((one, two) => Math.abs(size(one) - size(item)) - Math.abs(size(two) - size(item)))[0];
  }
  return undefined;
}
