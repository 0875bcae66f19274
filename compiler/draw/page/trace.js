// From a box to all its inputs and outputs: what leads to it and what follows from it stays, the rest fades.
import { countedBefore, data, touches } from "./data.js";
import { onPaint } from "./draw.js";
import { byId } from "./elements.js";
import { onKey } from "./keyboard.js";
import { follow } from "./selection.js";
import { changed, state } from "./state.js";

/** @import { Box } from "./types.d.ts" */

const button = byId("trace", HTMLButtonElement);
const said = byId("traced", HTMLOutputElement);
const count = data.back.length;

/** The operations that each one reads: the page holds how far back they stand. @param {number} node */
const inputs = (node) => /** @type {number[]} */ ([]).concat(data.back[node]).map((back) => node - back);

const users = /** @type {number[][]} */ (data.back.map(() => []));
for (let node = 0; node < count; node++) for (const source of inputs(node)) users[source].push(node);

/**
 * What is reached from operations, themselves included: for each number how many of those before it.
 * @param {Iterable<number>} from
 * @param {(node: number) => number[]} next
 */
function reached(from, next) {
  const found = new Set(from);
  const pending = [...found];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    for (const other of next(node)) {
      if (found.has(other)) continue;
      found.add(other);
      pending.push(other);
    }
  }
  return countedBefore(found);
}

/** How many operations of a set are not selected, of each network in which some are. @param {Uint32Array} set */
function inEach(set) {
  const ends = [...data.firsts.slice(1), count];
  return data.firsts
    .map((first, k) => [set[ends[k]] - set[first], [...state.selected].filter((node) => node >= first && node < ends[k]).length])
    .filter(([, selected]) => selected)
    .map(([reached, selected]) => reached - selected)
    .join(" and ");
}

function trace() {
  const isOn = button.getAttribute("aria-pressed") === "true" && state.selected.size > 0;
  const sets = isOn ? [reached(state.selected, inputs), reached(state.selected, (node) => users[node])] : [];
  for (const { element, what, closed } of state.drawn.values()) {
    if (closed || what.k !== undefined) element?.classList.toggle("off", isOn && !sets.some((set) => touches(set, what.x)));
  }
  for (const { element, tail, head } of state.lines) {
    /** @param {Uint32Array} set @param {Box | undefined} box */
    const isIn = (set, box) => !box || touches(set, box.x);
    element.classList.toggle("off", isOn && !sets.some((set) => isIn(set, tail) && isIn(set, head)));
  }
  const [before, after] = sets.map(inEach);
  said.hidden = button.getAttribute("aria-pressed") !== "true";
  said.textContent = isOn ? `${before} before, ${after} after` : "Select a box to see all that it comes from and leads to.";
}

/** @param {boolean} isOn */
export function setTracing(isOn) {
  button.setAttribute("aria-pressed", String(isOn));
  trace();
  changed();
}
export const isTracing = () => button.getAttribute("aria-pressed") === "true";

button.addEventListener("click", () => setTracing(!isTracing()));
onKey("t", () => setTracing(!isTracing()));
onPaint(trace);
follow(trace);
