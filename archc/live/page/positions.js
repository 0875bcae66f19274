// Places in a text: Python counts lines and characters from 1, the page units of UTF-16.

/** @import { Edit } from "./types.d.ts" */

/**
 * The units before a character of a line; a letter beyond the first plane has two.
 * @param {string} line
 * @param {number} column from 1
 */
export function unitsBefore(line, column) {
  let units = 0;
  let count = 1;
  for (const letter of line) {
    if (count >= column) break;
    units += letter.length;
    count += 1;
  }
  return units;
}

/**
 * @param {string} text
 * @param {number} line from 1
 * @param {number} column from 1
 */
export function offsetOf(text, line, column) {
  const lines = text.split("\n");
  let before = 0;
  for (const row of lines.slice(0, line - 1)) before += row.length + 1;
  return Math.min(before + unitsBefore(lines[line - 1] ?? "", column), text.length);
}

/**
 * The text with some edits made; they do not overlap.
 * @param {string} text
 * @param {Edit[]} edits
 */
export function edited(text, edits) {
  const spans = edits.map((edit) => ({
    from: offsetOf(text, edit.line, edit.column),
    to: offsetOf(text, edit.end_line, edit.end_column),
    text: edit.text,
  }));
  spans.sort((a, b) => b.from - a.from);
  return spans.reduce((made, { from, to, text: put }) => made.slice(0, from) + put + made.slice(to), text);
}

/**
 * What is the same at the beginning and at the end of two texts, and what is not between.
 * @param {string} before
 * @param {string} after
 */
export function changed(before, after) {
  let start = 0;
  const most = Math.min(before.length, after.length);
  while (start < most && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < most - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  return { from: start, to: before.length - end, text: after.slice(start, after.length - end) };
}

/**
 * The letters before a unit of a text: what Python counts.
 * @param {string} text
 * @param {number} units
 */
export const lettersBefore = (text, units) => [...text.slice(0, units)].length;

/**
 * The units before a letter of a text.
 * @param {string} text
 * @param {number} letters
 */
export const unitsOf = (text, letters) => unitsBefore(text, letters + 1);
