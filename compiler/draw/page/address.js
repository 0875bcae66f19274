// The address of the page holds what is looked at, so that a link shows the same to somebody else.
import { data } from "./data.js";
import { draw } from "./draw.js";
import { fixed } from "./elements.js";
import { select } from "./selection.js";
import { folded, onChange, opened, panes, state } from "./state.js";
import { chooseTab, chosenTab } from "./tabs.js";
import { setColor } from "./toolbar.js";
import { isTracing, setTracing } from "./trace.js";
import { room, show } from "./view.js";

/** @import { Pane } from "./types.d.ts" */

/** Milliseconds without a change before the address is written. */
const PAUSE = 150;
/** So many selected operations are told; more are a search, or everything. */
const MOST_SELECTED = 200;

/** @typedef {{tell: () => boolean, set: (isSo: boolean) => void}} Kept Something that is so or not, and no part of every page. */
const others = /** @type {Map<string, Kept>} */ (new Map());

/** Keeps in the address, too, whether something is so. @param {string} name @param {Kept} kept */
export function keepToo(name, kept) {
  others.set(name, kept);
}

/** The middle of what is seen of a picture, and its scale. @param {Pane} pane */
function place(pane) {
  if (!pane.view) return "";
  const [x, y, w, h] = pane.view;
  return [x + w / 2, y + h / 2, (room(pane)[0] / w) * 100].map(fixed).join(" ");
}

function written() {
  const words = new URLSearchParams();
  /** @param {string} name @param {string} value */
  const add = (name, value) => value && words.set(name, value);
  add("open", [...opened].join(" "));
  add("fold", [...folded].join(" "));
  if (state.color !== first.color) add("color", state.color);
  if (chosenTab() !== first.tab) add("tab", chosenTab());
  if (state.selected.size <= MOST_SELECTED) add("at", [...state.selected].join(" "));
  if (isTracing()) add("trace", "1");
  for (const [name, { tell }] of others) if (tell()) add(name, "1");
  for (const pane of panes) add(`view${pane.number || ""}`, place(pane));
  return words.toString();
}

const first = { color: state.color, tab: chosenTab() };

/** Shows what an address says. @param {string} hash */
function read(hash) {
  const words = new URLSearchParams(hash.slice(1));
  /** @param {string} name */
  const list = (name) => (words.get(name) ?? "").split(" ").filter(Boolean);
  for (const [set, name] of /** @type {const} */ ([
    [opened, "open"],
    [folded, "fold"],
  ])) {
    set.clear();
    for (const key of list(name)) set.add(key);
  }
  setColor(words.get("color") ?? first.color);
  chooseTab(words.get("tab") ?? first.tab);
  for (const [name, { set }] of others) set(words.get(name) === "1");
  for (const pane of panes) pane.view = null;
  draw();
  for (const pane of panes) {
    const [x, y, percent] = list(`view${pane.number || ""}`).map(Number);
    const [width, height] = room(pane).map((size) => (size * 100) / percent);
    if (Number.isFinite(x + y + width + height) && percent > 0) show(pane, [x - width / 2, y - height / 2, width, height]);
  }
  select(
    list("at")
      .map(Number)
      .filter((node) => data.nodes[node]),
    "link",
  );
  setTracing(words.get("trace") === "1");
}

/** Draws the page as its address says, and keeps the address from then on. */
export function begin() {
  read(location.hash);
  let waiting = 0;
  onChange(() => {
    clearTimeout(waiting);
    waiting = setTimeout(() => history.replaceState(null, "", `#${written()}`), PAUSE);
  });
  // A change that waits to be written may be written over the new address before this is called: the event still knows it.
  addEventListener("hashchange", (event) => read(new URL(event.newURL).hash));
}
