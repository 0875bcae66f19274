// What is wrong: where, why, what helps, and a button for each edit that is known to put it right.
import { byId, html } from "./elements.js";
import { edited } from "./positions.js";

/** @import { Diagnostic, Editor, Mark } from "./types.d.ts" */

const panel = byId("problems", HTMLElement);
const tab = byId("tab-problems", HTMLElement);
const state = byId("state", HTMLElement);

/**
 * @param {Editor} editor
 * @param {string} file what messages call the text
 * @param {Diagnostic[]} rows
 * @param {string | null} fixed the text with all edits made
 */
export function show(editor, file, rows, fixed) {
  const all = fixed === null ? [] : [button("Fix all", () => editor.set(fixed, true))];
  panel.replaceChildren(...all, ...rows.map((row) => problem(editor, file, row)));
  if (!rows.length) panel.append(html("p", {}, "Nothing is wrong."));
  const counts = [count(rows, "error"), count(rows, "warning")].filter(Boolean).join(", ");
  tab.textContent = rows.length ? `Problems (${rows.length})` : "Problems";
  state.textContent = counts || "no errors";
  state.className = rows.some((row) => row.severity === "error") ? "error" : "";
}

/**
 * @param {Diagnostic[]} rows
 * @param {string} severity
 */
function count(rows, severity) {
  const found = rows.filter((row) => row.severity === severity).length;
  return found ? `${found} ${severity}${found > 1 ? "s" : ""}` : "";
}

/**
 * @param {string} name
 * @param {() => void} press
 */
function button(name, press) {
  const made = html("button", { type: "button" }, name);
  made.addEventListener("click", press);
  return made;
}

/**
 * @param {Editor} editor
 * @param {string} file
 * @param {Diagnostic} row
 */
function problem(editor, file, row) {
  const isHere = row.file === file;
  const where = isHere ? `${row.line}:${row.column}` : `${row.file}:${row.line}:${row.column}`;
  const place = isHere ? button(where, () => editor.go(row.line, row.column)) : html("span", {}, `${where} `);
  place.setAttribute("aria-label", isHere ? `Go to line ${row.line}, column ${row.column}` : where);
  const head = html("p", {}, place, html("span", { class: "code" }, `${row.severity}[${row.code}]`), `: ${row.message}`);
  const labels = row.labels
    .filter((label) => label.message)
    .map((label) => `${label.file === file ? "line" : label.file} ${label.line}: ${label.message}`);
  const rest = [...labels, ...row.notes].map((text) => html("p", {}, text));
  const help = row.help ? [html("p", { class: "help" }, row.help)] : [];
  const { fix } = row;
  const fixes = fix?.edits.every((edit) => edit.file === file)
    ? [button(`Fix: ${fix.message}`, () => editor.set(edited(editor.text(), fix.edits), true))]
    : [];
  return html("div", { class: `problem ${row.severity}` }, head, ...rest, ...help, ...fixes);
}

/**
 * The places beneath which a line is drawn; one of several lines ends with its first.
 * @param {Diagnostic[]} rows
 * @param {string} file
 * @returns {Mark[]}
 */
export const marks = (rows, file) =>
  rows
    .filter((row) => row.file === file)
    .map(({ line, column, end_line, end_column, severity, message, code }) => ({
      line,
      start: column,
      end: end_line > line ? Number.MAX_SAFE_INTEGER : Math.max(end_column, column + 1),
      severity,
      message: `${code}: ${message}`,
    }));
