// Changes that are the same in each round of a part: one row tells them, and the others stand behind it.

/** @import { Change } from "./types.d.ts" */

/** By change: the first of its part that is alike, which is itself where there is none before it. @param {Change[]} changes */
export function firsts(changes) {
  const known = /** @type {Map<string, number>} */ (new Map());
  return changes.map((change, k) => {
    const step = change.t.replace(/\d+(?=\.)/g, "#"); // the number of the round
    const key = JSON.stringify([change.s, change.k, step, change.w, change.p, change.m]);
    const first = known.get(key) ?? k;
    known.set(key, first);
    return first;
  });
}
