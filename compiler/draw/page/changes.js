// What changed between two networks, step by step: a click, or the keys n and p, lead through the list.
import { data, short } from "./data.js";
import { byId, html } from "./elements.js";
import { reveal } from "./folding.js";
import { onKey } from "./keyboard.js";
import { follow, scrollTo, select } from "./selection.js";

/** @import { Change } from "./types.d.ts" */

const changes = data.changes ?? [];
const place = byId("place", HTMLOutputElement);
let at = -1;

const rows = changes.map((change, k) => {
  const steps = html("td", {}, html("b", { class: change.k }, `${change.g} `), change.t);
  const told = html("td", { class: "what" }, change.w);
  const tr = html("tr", { tabindex: k ? -1 : 0 }, steps, told, delta(change.p), delta(change.m));
  tr.addEventListener("click", () => go(k));
  tr.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1, Enter: 0, " ": 0 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    go(Math.min(Math.max(k + step, 0), changes.length - 1));
    rows[at].focus({ preventScroll: true });
  });
  return tr;
});

/** @param {number} value */
function delta(value) {
  const text = value ? (value > 0 ? "+" : "\u2212") + short(Math.abs(value)) : "";
  return html("td", { class: "n", ...(value ? { title: value.toLocaleString("en", { signDisplay: "exceptZero" }) } : {}) }, text);
}

/** The changes of one part under its name, with what they cost together. */
function grouped() {
  const bodies = /** @type {HTMLElement[]} */ ([]);
  let k = 0;
  while (k < changes.length) {
    let end = k;
    while (end < changes.length && changes[end].s === changes[k].s) end++;
    const run = changes.slice(k, end);
    /** @param {(change: Change) => number} of */
    const sum = (of) => run.reduce((total, change) => total + of(change), 0);
    const name = changes[k].s || "the network itself";
    const head = html("th", { scope: "rowgroup", colspan: 2 }, `${name}: ${run.length} ${run.length > 1 ? "changes" : "change"}`);
    const heading = html("tr", { class: "group" }, head, delta(sum((change) => change.p)), delta(sum((change) => change.m)));
    bodies.push(html("tbody", {}, heading, ...rows.slice(k, end)));
    k = end;
  }
  return bodies;
}

const titles = ["step", "what", "parameters", "MACs"].map((title, k) => html("th", { scope: "col", class: k > 1 ? "n" : "" }, title));
const totals = (data.totals ?? []).map((line) => html("li", {}, line));
byId("changes", HTMLElement).append(
  html("ul", { class: "totals" }, ...totals),
  changes.length
    ? html("table", {}, html("thead", {}, html("tr", {}, ...titles)), ...grouped())
    : html("p", {}, "Nothing: the two networks have the same steps."),
);
tell();

/** Shows a change in both pictures. @param {number} k */
function go(k) {
  at = k;
  const { a, b } = changes[k];
  const nodes = [a, b].filter((node) => node !== null);
  for (const node of nodes) reveal(node);
  select(nodes, "change");
}

/** @param {number} step */
function walk(step) {
  if (changes.length) go(at < 0 ? (step > 0 ? 0 : changes.length - 1) : (at + step + changes.length) % changes.length);
}

function tell() {
  place.textContent = changes.length ? `${at < 0 ? "\u2013" : at + 1} of ${changes.length}` : "no change";
  rows.forEach((row, k) => {
    row.tabIndex = k === Math.max(at, 0) ? 0 : -1;
  });
}

const BUTTONS = { next: 1, previous: -1 };
for (const [id, step] of Object.entries(BUTTONS)) {
  byId(id, HTMLButtonElement).addEventListener("click", () => walk(step));
  onKey(id[0], () => walk(step));
}

follow(({ nodes, by }) => {
  /** @param {Change} change */
  const isMeant = ({ a, b }) => (a !== null && nodes.has(a)) || (b !== null && nodes.has(b));
  changes.forEach((change, k) => {
    rows[k].classList.toggle("on", by === "change" ? k === at : isMeant(change));
  });
  if (by !== "change") at = changes.findIndex(isMeant);
  tell();
  scrollTo(rows[at]);
});
