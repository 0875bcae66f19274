// Which operations are selected. Who shows them in a way of its own (source, costs, memory, picture) follows.
import { changed, state } from "./state.js";

/** @import { Selection, Selector } from "./types.d.ts" */

const followers = /** @type {((selection: Selection) => void)[]} */ ([]);

/** @param {(selection: Selection) => void} follower */
export function follow(follower) {
  followers.push(follower);
}

/**
 * @param {Iterable<number>} nodes
 * @param {Selector} by
 * @param {number} [place]
 */
export function select(nodes, by, place) {
  state.selected = new Set(nodes);
  for (const follower of followers) follower({ nodes: state.selected, by, place });
  changed();
}

/** Selects nothing. */
export const deselect = () => select([], "nobody");

/**
 * Scrolls a panel so that one of its rows is seen.
 * @param {HTMLElement | undefined} row
 */
export function scrollTo(row) {
  const panel = row?.closest("[role=tabpanel]");
  if (!row || !(panel instanceof HTMLElement) || panel.hidden || !panel.offsetParent) return;
  const top = row.getBoundingClientRect().top - panel.getBoundingClientRect().top + panel.scrollTop;
  if (top < panel.scrollTop || top > panel.scrollTop + panel.clientHeight - 30) panel.scrollTop = top - panel.clientHeight / 3;
}
