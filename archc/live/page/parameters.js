// The parameters of the network above its picture: a slider for a number, a box for a choice, a field for a word.
import { byId, html } from "./elements.js";

/** @import { Value } from "./types.d.ts" */

const place = byId("parameters", HTMLElement);

/** The values that are not those of the text. */
let given = /** @type {Record<string, Value>} */ ({});
/** What the fields were made of. */
let made = "[]";
let changed = () => {};

/** @param {() => void} told */
export function start(told) {
  changed = told;
}

export const settings = () => ({ ...given });

/** @param {Record<string, Value>} values */
export function setSettings(values) {
  given = { ...values };
  made = "";
}

/**
 * Makes the fields where others are needed: one that is moved just now stays.
 * @param {string} network
 * @param {[string, Value][]} rows
 */
export function showParameters(network, rows) {
  const wanted = JSON.stringify([network, rows]);
  if (wanted === made) return;
  if (made !== "" && made !== "[]" && JSON.parse(made)[0] !== network) given = {};
  made = wanted;
  const names = rows.map(([name]) => name);
  given = Object.fromEntries(Object.entries(given).filter(([name]) => names.includes(name)));
  const back = html("button", { type: "button" }, "As in the text");
  back.addEventListener("click", () => {
    given = {};
    made = "";
    showParameters(network, rows);
    changed();
  });
  place.replaceChildren(...rows.map(([name, value]) => field(name, value)), ...(rows.length ? [back] : []));
  place.hidden = rows.length === 0;
}

/**
 * @param {string} name
 * @param {Value} own what the text says
 */
function field(name, own) {
  const now = given[name] ?? own;
  const input = html("input", { ...kindOf(own), name, "aria-label": name, autocomplete: "off" });
  const said = html("output", {}, typeof own === "number" ? String(now) : "");
  if (typeof own === "boolean") input.checked = now === true;
  else input.value = String(now);
  input.addEventListener("input", () => {
    const value = typeof own === "boolean" ? input.checked : typeof own === "number" ? Number(input.value) : input.value;
    if (typeof own === "number") said.textContent = String(value);
    if (value === own) delete given[name];
    else given[name] = value;
    changed();
  });
  return html("label", {}, `${name} `, input, " ", said);
}

/**
 * The attributes of a field. A slider goes from nothing to twice what the text says; its steps keep what divides by 8.
 * @param {Value} own
 * @returns {Record<string, string | number>}
 */
function kindOf(own) {
  if (typeof own === "boolean") return { type: "checkbox" };
  if (typeof own === "string") return { type: "text", size: 8 };
  if (!Number.isInteger(own)) {
    const most = own > 0 && own < 1 ? 1 : 2 * Math.abs(own);
    return { type: "range", min: Math.min(0, -most * Number(own < 0)), max: most, step: "any" };
  }
  const step = own >= 32 && own % 8 === 0 ? 8 : 1;
  return { type: "range", min: Math.min(step, 2 * own, own), max: Math.max(2 * own, 8), step };
}
