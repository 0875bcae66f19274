// The text of `archc watch`: a plain text area above its own coloured copy, with the numbers of the lines beside it.
import { html } from "./elements.js";
import { changed, offsetOf, unitsBefore } from "./positions.js";

/** @import { Editor, Lines, Mark, Piece } from "./types.d.ts" */

/**
 * @param {HTMLElement} place
 * @returns {Editor}
 */
export function area(place) {
  const attributes = {
    wrap: "off",
    spellcheck: "false",
    autocapitalize: "off",
    autocomplete: "off",
    "aria-label": "The text of the network",
  };
  const input = html("textarea", attributes);
  const numbers = html("pre", { class: "numbers", "aria-hidden": "true" });
  const under = html("pre", { class: "under", "aria-hidden": "true" });
  place.append(html("div", { class: "area" }, numbers, html("div", { class: "sheet" }, under, input)));

  const shown = {
    /** Pieces by the text of a line: a line keeps its colours while others are typed. */
    colors: /** @type {Map<string, Piece[]>} */ (new Map()),
    marks: /** @type {Mark[]} */ ([]),
    lit: /** @type {Lines} */ ([]),
  };
  /** What each line was last drawn from. */
  let drawn = /** @type {string[]} */ ([]);
  let line = 1;
  const followers = { text: /** @type {(() => void)[]} */ ([]), line: /** @type {((line: number) => void)[]} */ ([]) };

  function draw() {
    const lines = input.value.split("\n");
    const keys = lines.map((text, at) => key(text, at + 1));
    keys.forEach((wanted, at) => {
      if (drawn[at] === wanted) return;
      const row = html("div", { class: isLit(at + 1) ? "lit-line" : "" }, ...pieces(lines[at], at + 1));
      const worst = worstOf(at + 1);
      const number = html("div", worst ? { class: worst } : {}, String(at + 1));
      if (under.children[at]) {
        under.children[at].replaceWith(row);
        numbers.children[at].replaceWith(number);
      } else {
        under.append(row);
        numbers.append(number);
      }
    });
    while (under.children.length > lines.length) {
      under.lastElementChild?.remove();
      numbers.lastElementChild?.remove();
    }
    drawn = keys;
  }

  /**
   * What a line looks like, as one word.
   * @param {string} text
   * @param {number} at
   */
  const key = (text, at) => JSON.stringify([text, shown.colors.get(text) ?? 0, shown.marks.filter((mark) => mark.line === at), isLit(at)]);

  /** @param {number} at */
  const isLit = (at) => shown.lit.some(([first, last]) => first <= at && at <= last);

  /** @param {number} at */
  function worstOf(at) {
    const here = shown.marks.filter((mark) => mark.line === at).map((mark) => mark.severity);
    return here.includes("error") ? "error" : here[0];
  }

  /**
   * A line in its colours, cut again where something in it is wrong.
   * @param {string} text
   * @param {number} at
   */
  function pieces(text, at) {
    const marks = shown.marks
      .filter((mark) => mark.line === at)
      .map((mark) => ({ ...mark, from: unitsBefore(text, mark.start), to: unitsBefore(text, mark.end) }));
    const cuts = marks.flatMap(({ from, to }) => [from, to]);
    const found = [];
    let begin = 0;
    for (const piece of shown.colors.get(text) ?? [text]) {
      const [words, kind] = typeof piece === "string" ? [piece, ""] : piece;
      const end = begin + words.length;
      const places = [begin, ...cuts.filter((cut) => begin < cut && cut < end).sort((a, b) => a - b), end];
      for (let k = 1; k < places.length; k += 1) {
        const mark = marks.find(({ from, to }) => from <= places[k - 1] && places[k] <= to);
        const names = [kind, mark ? (mark.severity === "error" ? "wrong" : "doubted") : ""].filter(Boolean);
        const part = text.slice(places[k - 1], places[k]);
        found.push(names.length ? html("span", { class: names.join(" ") }, part) : part);
      }
      begin = end;
    }
    return found;
  }

  function follow() {
    const now = input.value.slice(0, input.selectionStart).split("\n").length;
    if (now === line) return;
    line = now;
    for (const tell of followers.line) tell(line);
  }

  input.addEventListener("input", () => {
    draw();
    for (const tell of followers.text) tell();
    follow();
  });
  document.addEventListener("selectionchange", () => document.activeElement === input && follow());
  draw();

  return {
    text: () => input.value,
    set(text, undoable = false) {
      if (text === input.value) return;
      const { from, to, text: put } = changed(input.value, text);
      const at = Math.min(input.selectionStart, text.length);
      if (undoable) {
        input.focus();
        input.setSelectionRange(from, to);
        // The only way that a person's undo takes back.
        document.execCommand(put ? "insertText" : "delete", false, put);
      }
      if (input.value !== text) {
        input.value = text;
        input.setSelectionRange(at, at);
      }
      draw();
    },
    line: () => line,
    go(to, column = 1) {
      const at = offsetOf(input.value, to, column);
      input.focus({ preventScroll: true });
      input.setSelectionRange(at, at);
      under.children[to - 1]?.scrollIntoView({ block: "nearest" });
      line = to;
    },
    show({ colors, marks, lit }) {
      if (colors) {
        const rows = colors.map(
          (row) => /** @type {[string, Piece[]]} */ ([row.map((piece) => (typeof piece === "string" ? piece : piece[0])).join(""), row]),
        );
        shown.colors = new Map(rows);
      }
      if (marks) shown.marks = marks;
      if (lit) shown.lit = lit;
      draw();
    },
    dom: place,
    cursor: () => input.selectionStart,
    offsetAt(x, y) {
      // The coloured copy beneath has the letters: for a moment it is in front.
      input.style.pointerEvents = "none";
      const found = under.contains(document.elementFromPoint(x, y)) ? caretAt(x, y) : null;
      input.style.pointerEvents = "";
      if (!found || !under.contains(found.node)) return null;
      const before = document.createRange();
      const row = [...under.children].findIndex((each) => each.contains(found.node));
      if (row < 0) return null;
      before.setStart(under.children[row], 0);
      before.setEnd(found.node, found.offset);
      return offsetOf(input.value, row + 1, 1) + before.toString().length;
    },
    rect(offset) {
      const above = input.value.slice(0, offset).split("\n");
      const row = under.children[above.length - 1];
      if (!row) return null;
      let left = above[above.length - 1].length;
      const letters = document.createTreeWalker(row, NodeFilter.SHOW_TEXT);
      const range = document.createRange();
      range.setStart(row, 0);
      for (let node = letters.nextNode(); node; node = letters.nextNode()) {
        const length = node.textContent?.length ?? 0;
        range.setStart(node, Math.min(left, length));
        if (left < length) break;
        left -= length;
      }
      range.collapse(true);
      const found = range.getBoundingClientRect();
      const { top, bottom, left: begin } = row.getBoundingClientRect();
      return { left: found.height ? found.left : begin, top, bottom };
    },
    put(from, to, text, start, end) {
      input.focus();
      input.setSelectionRange(from, to);
      document.execCommand(text ? "insertText" : "delete", false, text);
      input.setSelectionRange(from + start, from + end);
    },
    onText: (tell) => followers.text.push(tell),
    onLine: (tell) => followers.line.push(tell),
  };
}

/**
 * The place in the page's text beneath a point; browsers have two names for it.
 * @param {number} x
 * @param {number} y
 */
function caretAt(x, y) {
  if (document.caretPositionFromPoint) {
    const found = document.caretPositionFromPoint(x, y);
    return found && { node: found.offsetNode, offset: found.offset };
  }
  const found = document.caretRangeFromPoint(x, y);
  return found && { node: found.startContainer, offset: found.startOffset };
}
