// Of a long table those rows are in the page that are seen, and some around them: a browser lays out no others.
import { html } from "./elements.js";

/** Tables of fewer rows stand whole. */
const LONG = 400;
/** How many rows stand above and below those that are seen. */
const MORE = 60;

/**
 * Keeps a body of a table filled as its panel scrolls; gives what fills it anew, around a row where one is named.
 * @param {HTMLElement} panel
 * @param {HTMLElement} body
 * @param {() => HTMLTableRowElement[]} rows in their order now; all are equally high
 */
export function windowed(panel, body, rows) {
  let high = 20;
  let [first, last] = [0, 0];

  /** @param {HTMLTableRowElement[]} all @param {number} from @param {number} to */
  function put(all, from, to) {
    [first, last] = [from, to];
    body.replaceChildren(...room(from), ...all.slice(from, to), ...room(all.length - to));
  }
  /** @param {number} count */
  function room(count) {
    const row = html("tr", { "aria-hidden": "true", class: "room" }, html("td"));
    row.style.height = `${count * high}px`;
    return count > 0 ? [row] : [];
  }
  /** The rows that are seen. */
  function seen() {
    const from = Math.floor(panel.scrollTop / high);
    return [from, from + Math.ceil(panel.clientHeight / high)];
  }
  /** @param {number} [row] */
  function refresh(row) {
    const all = rows();
    if (all.length <= LONG) return put(all, 0, all.length);
    const [from, to] = row === undefined ? seen() : [row, row + 1];
    put(all, Math.max(0, from - MORE), Math.min(all.length, to + MORE));
  }
  function follow() {
    const count = rows().length;
    if (count <= LONG || !panel.clientHeight) return;
    const measured = body.querySelector("tr:not(.room)")?.getBoundingClientRect().height || high;
    const isOther = measured !== high;
    high = measured;
    const [from, to] = seen();
    if (isOther || from < first || Math.min(to, count) > last) refresh();
  }
  panel.addEventListener("scroll", follow);
  new ResizeObserver(follow).observe(panel);
  addEventListener("beforeprint", () => put(rows(), 0, rows().length));
  addEventListener("afterprint", () => refresh());
  refresh();
  return refresh;
}
