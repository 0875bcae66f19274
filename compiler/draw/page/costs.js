// The table of costs: a click on a heading sorts it, one on a row shows its box.
import { COUNTED, costIn, data, totalOf } from "./data.js";
import { byId, html } from "./elements.js";
import { reveal } from "./folding.js";
import { follow, scrollTo, select } from "./selection.js";
import { windowed } from "./window.js";

/** @import { NodeRow } from "./types.d.ts" */

const COLUMNS = ["operation", "kind", "output", "parameters", "MACs", "FLOPs", "activations", ...data.columns];
const WORDS = 3;

/**
 * What stands in a column.
 * @param {{row: NodeRow, node: number}} row
 * @param {number} column
 */
const valueIn = ({ row, node }, column) => (column < WORDS + COUNTED ? row[column] : costIn(node, column - WORDS + 1));

/** @typedef {{tr: HTMLTableRowElement, row: NodeRow, node: number}} Row */

/** @type {Row[]} */
const rows = Object.entries(data.nodes).map(([key, row]) => {
  const node = +key;
  const tr = html(
    "tr",
    { tabindex: -1 },
    ...COLUMNS.map((_, k) => html("td", k < WORDS ? {} : { class: "n" }, cell(valueIn({ row, node }, k)))),
  );
  tr.addEventListener("click", () => {
    reveal(node);
    select([node], "row");
  });
  return { tr, row, node };
});
const byNode = new Map(rows.map(({ tr, node }) => [node, tr]));
const body = html("tbody");
const head = html("tr", {}, ...COLUMNS.map(heading));
const sums = COLUMNS.slice(WORDS).map((_, k) => totalOf(k + 1));
const foot = html(
  "tr",
  {},
  html("td", { colspan: WORDS }, data.whole ? "all" : "those listed"),
  ...sums.map((sum) => html("td", { class: "n" }, sum.toLocaleString("en"))),
);
const panel = byId("costs", HTMLElement);
panel.append(html("table", {}, html("thead", {}, head, widest()), body, html("tfoot", {}, foot)));
const refresh = windowed(panel, body, () => rows.map(({ tr }) => tr));

/** A row that is not seen, as wide as the widest that may come: columns keep their width. */
function widest() {
  const longest = COLUMNS.map((_, k) =>
    rows.map(({ tr }) => tr.cells[k].textContent ?? "").reduce((best, text) => (text.length > best.length ? text : best), ""),
  );
  return html("tr", { class: "widest", "aria-hidden": "true" }, ...longest.map((text) => html("td", {}, text)));
}

/**
 * Of the numbers, zeros are left out.
 * @param {NodeRow[number]} value
 */
function cell(value) {
  return typeof value === "number" ? (value ? value.toLocaleString("en") : "") : String(value);
}

/**
 * @param {string} name
 * @param {number} column
 */
function heading(name, column) {
  const button = html("button", { type: "button" }, name);
  const th = html("th", { scope: "col", "aria-sort": "none", ...(column < WORDS ? {} : { class: "n" }) }, button);
  button.addEventListener("click", () => {
    const told = th.getAttribute("aria-sort");
    const down = told === "none" ? column >= WORDS : told === "ascending";
    rows.sort((a, b) => compared(a, b, column) * (down ? -1 : 1) || a.node - b.node);
    for (const other of head.children) other.setAttribute("aria-sort", "none");
    th.setAttribute("aria-sort", down ? "descending" : "ascending");
    refresh();
  });
  return th;
}

/**
 * @param {Row} a
 * @param {Row} b
 * @param {number} column
 */
function compared(a, b, column) {
  const [one, two] = [valueIn(a, column), valueIn(b, column)];
  return typeof one === "number" && typeof two === "number" ? one - two : String(one).localeCompare(String(two), "en", { numeric: true });
}

follow(({ nodes, by }) => {
  for (const [node, tr] of byNode) tr.classList.toggle("on", nodes.has(node));
  const [first] = nodes;
  const row = first === undefined || by === "row" ? undefined : byNode.get(first);
  if (!row) return;
  if (!row.isConnected && panel.clientHeight) refresh(rows.findIndex(({ tr }) => tr === row));
  scrollTo(row);
});
