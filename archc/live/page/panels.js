// The tabs beneath the text, tables, and the source with its button to copy.
import { byId, html } from "./elements.js";

/** @import { Table } from "./types.d.ts" */

const tabs = [...document.querySelectorAll("[role=tab]")].filter((tab) => tab instanceof HTMLElement);
const copy = byId("copy", HTMLButtonElement);
const source = byId("python-text", HTMLElement);

/** @param {() => void} opened another panel is looked at now */
export function start(opened) {
  tabs.forEach((tab, at) => {
    tab.addEventListener("click", () => open(nameOf(tab), opened));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step === undefined) return;
      const next = tabs[(at + step + tabs.length) % tabs.length];
      open(nameOf(next), opened);
      next.focus();
    });
  });
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(source.textContent ?? "");
    copy.textContent = "Copied";
    setTimeout(() => {
      copy.textContent = "Copy";
    }, 1500);
  });
}

/** @param {HTMLElement} tab */
const nameOf = (tab) => tab.getAttribute("aria-controls") ?? "";

/** The panel that is looked at. */
export const panel = () => nameOf(tabs.find((tab) => tab.getAttribute("aria-selected") === "true") ?? tabs[0]);

/**
 * @param {string} name
 * @param {() => void} opened
 */
export function open(name, opened) {
  if (name === panel() || !tabs.some((tab) => nameOf(tab) === name)) return;
  for (const tab of tabs) {
    const isOpen = nameOf(tab) === name;
    tab.setAttribute("aria-selected", String(isOpen));
    tab.tabIndex = isOpen ? 0 : -1;
    byId(nameOf(tab), HTMLElement).hidden = !isOpen;
  }
  opened();
}

/**
 * @param {"costs" | "sizes"} name
 * @param {Table} table
 */
export function showTable(name, { title, columns, rows, total, notes }) {
  /** @param {string[]} cells */
  const line = (cells) => html("tr", {}, ...cells.map((cell, at) => html("td", columns[at][1] ? { class: "left" } : {}, cell)));
  const heads = columns.map(([text, left]) => html("th", { scope: "col", ...(left ? { class: "left" } : {}) }, text));
  const made = html(
    "table",
    {},
    html("caption", {}, title),
    html("thead", {}, html("tr", {}, ...heads)),
    html("tbody", {}, ...rows.map(line)),
  );
  if (total) made.append(html("tfoot", {}, line(total)));
  byId(name, HTMLElement).replaceChildren(made, ...notes.map((note) => html("p", { class: "notes" }, note)));
}

/** @param {string} text */
export function showSource(text) {
  source.textContent = text;
}
