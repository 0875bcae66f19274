// What changed between two networks, step by step: a click, or the keys n and p, lead through the list.
import { alike } from "./alike.js";
import { data, short } from "./data.js";
import { byId, html } from "./elements.js";
import { reveal } from "./folding.js";
import { onKey } from "./keyboard.js";
import { follow, scrollTo, select } from "./selection.js";

/** @import { Change } from "./types.d.ts" */

const changes = data.changes ?? [];
const place = byId("place", HTMLOutputElement);
let at = -1;

const groups = alike(changes);
/** From top to bottom: what is alike follows the first of it. */
const order = [...groups.values()].flat();

const rows = changes.map((change, k) => {
  const steps = html("td", {}, html("b", { class: change.k }, `${change.g} `), change.t);
  if (others(k).length) steps.append(" ", opener(k));
  const told = html("td", { class: "what" }, change.w.replaceAll("->", "\u2192"));
  const tr = html("tr", { tabindex: k ? -1 : 0 }, steps, told, delta(change.p), delta(change.m));
  tr.hidden = !groups.has(k);
  tr.addEventListener("click", () => go(k));
  tr.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1, Enter: 0, " ": 0 }[event.key];
    if (step === undefined || event.target !== tr) return;
    event.preventDefault();
    const list = shown();
    go(list[Math.min(Math.max(list.indexOf(k) + step, 0), list.length - 1)]);
    rows[at].focus({ preventScroll: true });
  });
  return tr;
});

/** What is alike, of the first of it. @param {number} k */
function others(k) {
  return (groups.get(k) ?? []).slice(1);
}

/** Shows and hides what is alike. @param {number} k */
function opener(k) {
  const told = `${others(k).length} alike`;
  const title = "Other steps of this part that change in the same way, by the same numbers each";
  const button = html("button", { type: "button", class: "alike", "aria-expanded": "false", title }, told);
  button.addEventListener("click", (event) => {
    event.stopPropagation();
    const open = button.getAttribute("aria-expanded") !== "true";
    button.setAttribute("aria-expanded", `${open}`);
    for (const other of others(k)) rows[other].hidden = !open;
    if (others(k).includes(at)) at = k;
    tell();
  });
  return button;
}

/** The changes that have a row of their own now, from top to bottom. */
function shown() {
  return order.filter((k) => !rows[k].hidden);
}

/** A change, and those that its row stands for. @param {number} k */
function toldBy(k) {
  return [k, ...others(k).filter((other) => rows[other].hidden)];
}

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
    bodies.push(html("tbody", {}, heading, ...order.slice(k, end).map((one) => rows[one])));
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
  /** @param {number} one */
  const nodes = (one) => [changes[one].a, changes[one].b].filter((node) => node !== null);
  for (const node of nodes(k)) reveal(node);
  select(toldBy(k).flatMap(nodes), "change");
}

/** @param {number} step */
function walk(step) {
  const list = shown();
  if (list.length) go(list[at < 0 ? (step > 0 ? 0 : list.length - 1) : (list.indexOf(at) + step + list.length) % list.length]);
}

function tell() {
  const list = shown();
  place.textContent = list.length ? `${at < 0 ? "\u2013" : list.indexOf(at) + 1} of ${list.length}` : "no change";
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
  /** @param {number} k */
  const isTold = (k) => toldBy(k).some((one) => isMeant(changes[one]));
  rows.forEach((row, k) => {
    row.classList.toggle("on", by === "change" ? k === at : isTold(k));
  });
  if (by !== "change") at = shown().find(isTold) ?? -1;
  tell();
  scrollTo(rows[at]);
});
