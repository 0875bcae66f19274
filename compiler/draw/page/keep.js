// What is drawn again stays in the page and is only moved: a picture of a thousand boxes follows a click at once.
import { fixed } from "./elements.js";

/** What is in the pictures, and, while they are drawn, what was in them before. */
let now = /** @type {Map<string, SVGElement>} */ (new Map());
let before = now;

/** Begins a drawing of all pictures; what is not asked for in it is forgotten. */
export function begin() {
  before = now;
  now = new Map();
}

/** Draws all anew the next time: boxes have other sizes. */
export function forget() {
  now = new Map();
}

/**
 * What was drawn before under this name, or what `make` makes.
 * @template {SVGElement} E
 * @param {string} name
 * @param {() => E} make
 */
export function kept(name, make) {
  const element = /** @type {E} */ (before.get(name) ?? make());
  now.set(name, element);
  return element;
}

/**
 * Sets what an attribute is, or that there is none; to set what is there already would be work for the browser.
 * @param {Element} element
 * @param {string} name
 * @param {string | null} value
 */
export function put(element, name, value) {
  if (element.getAttribute(name) === value) return;
  if (value === null) element.removeAttribute(name);
  else element.setAttribute(name, value);
}

/**
 * @param {Element} element
 * @param {number} x
 * @param {number} y
 */
export const move = (element, x, y) => put(element, "transform", `translate(${fixed(x)} ${fixed(y)})`);

/**
 * Gives an element these children. Those that it has already stay where they are: they must be in the same order.
 * @param {Element} element
 * @param {Element[]} children
 */
export function fill(element, children) {
  const wanted = new Set(children);
  for (const child of [...element.children]) if (!wanted.has(child)) child.remove();
  let next = element.firstElementChild;
  for (const child of children) {
    if (child === next) next = next.nextElementSibling;
    else element.insertBefore(child, next);
  }
}
