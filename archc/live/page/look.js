// How the picture is to look: the fields above it, in the words of `archc draw`.
import { byId } from "./elements.js";

/** @import { Look } from "./types.d.ts" */

const dark = matchMedia("(prefers-color-scheme: dark)");
const words = ["level", "direction", "color_by", "theme"].map((name) => ({ name, field: byId(`look-${name}`, HTMLSelectElement) }));
const names = ["open", "fold"].map((name) => ({ name, field: byId(`look-${name}`, HTMLInputElement) }));
const width = byId("look-width", HTMLInputElement);
const insets = byId("look-insets", HTMLInputElement);

/** @param {() => void} changed */
export function start(changed) {
  for (const { field } of [...words, ...names]) field.addEventListener("change", changed);
  width.addEventListener("change", changed);
  insets.addEventListener("change", changed);
  dark.addEventListener("change", changed);
}

/**
 * What the fields say; the system's theme has its name.
 * @returns {Look}
 */
export function look() {
  const said = chosen();
  return { ...said, theme: said.theme || (dark.matches ? "dark" : "light") };
}

/**
 * The fields as they are.
 * @returns {Look}
 */
export function chosen() {
  const said = Object.fromEntries([
    ...words.map(({ name, field }) => [name, field.value]),
    ...names.map(({ name, field }) => [name, field.value.split(/[\s,]+/).filter(Boolean)]),
  ]);
  return /** @type {Look} */ ({ ...said, width: Number(width.value) || null, insets: insets.checked });
}

/** @param {Partial<Look>} said */
export function choose(said) {
  /** @type {Record<string, unknown>} */
  const rows = said;
  for (const { name, field } of words) {
    const value = rows[name];
    if (typeof value === "string" && hasOption(field, value)) field.value = value;
  }
  for (const { name, field } of names) {
    const value = rows[name];
    if (Array.isArray(value)) field.value = value.map(String).join(" ");
  }
  insets.checked = said.insets === true;
  if (typeof said.width === "number" && said.width > 0) width.value = String(said.width);
}

/**
 * @param {HTMLSelectElement} field
 * @param {string} value
 */
const hasOption = (field, value) => [...field.options].some((option) => option.value === value);
