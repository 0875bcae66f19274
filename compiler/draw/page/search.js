// Search: what is typed selects, Enter leads from one to the next.
import { data } from "./data.js";
import { byId } from "./elements.js";
import { reveal } from "./folding.js";
import { select } from "./selection.js";
import { state } from "./state.js";
import { withTwins } from "./twins.js";

const field = byId("search", HTMLInputElement);
const found = byId("found", HTMLOutputElement);
/** @type {number[]} */
let hits = [];
let hit = -1;

export const focusSearch = () => field.focus();

/** @param {string} words */
function search(words) {
  const wanted = words.trim().toLowerCase();
  const rows = wanted ? Object.entries(data.nodes) : [];
  hits = rows
    .filter(([, [name, operation, shape]]) => `${name} ${operation} ${shape}`.toLowerCase().includes(wanted))
    .map(([node]) => +node);
  hit = -1;
  found.textContent = wanted ? `${hits.length} found` : "";
  select(hits, "search");
}

field.addEventListener("input", () => search(field.value));
field.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && hits.length) {
    const next = event.shiftKey ? Math.max(hit, 0) - 1 : hit + 1;
    hit = (next + hits.length) % hits.length;
    found.textContent = `${hit + 1} of ${hits.length}`;
    const nodes = withTwins([hits[hit]]);
    for (const node of nodes) reveal(node);
    select(nodes, "search");
  } else if (event.key === "Escape") {
    field.value = "";
    search("");
    state.active.canvas.focus();
  }
});
