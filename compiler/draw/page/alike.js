// Changes that are the same in each round of a part: one row tells them, and the others stand behind it.

/** @import { Change } from "./types.d.ts" */

/** By the first of its part: the changes that are alike, it itself before the others. @param {Change[]} changes */
export function alike(changes) {
  const known = /** @type {Map<string, number[]>} */ (new Map());
  let run = 0;
  changes.forEach((change, k) => {
    if (k && change.s !== changes[k - 1].s) run++; // a part is told in one place, or in several
    const step = change.t.replace(/\d+(?=\.)/g, "#"); // the number of the round
    const key = JSON.stringify([run, change.k, step, change.w, change.p, change.m]);
    const found = known.get(key);
    if (found) found.push(k);
    else known.set(key, [k]);
  });
  return new Map([...known.values()].map((group) => [group[0], group]));
}
