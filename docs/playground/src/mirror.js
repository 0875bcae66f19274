// The editor of the playground: CodeMirror, with the colours that archc's own scanner gives.
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, indentUnit } from "@codemirror/language";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState, RangeSetBuilder, StateEffect, StateField } from "@codemirror/state";
import { Decoration, drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { changed, unitsBefore } from "./positions.js";

/** @import { Editor, Lines, Piece } from "./types.d.ts" */

/** What beneath the text changed: colours by the text of a line, lines that the picture means. */
const colored = /** @type {import("@codemirror/state").StateEffectType<Map<string, Piece[]>>} */ (StateEffect.define());
const lit = /** @type {import("@codemirror/state").StateEffectType<Lines>} */ (StateEffect.define());

/**
 * @template Value
 * @param {import("@codemirror/state").StateEffectType<Value>} kind
 * @param {Value} first
 */
const remembered = (kind, first) =>
  StateField.define({
    create: () => first,
    update: (value, { effects }) => effects.reduce((before, effect) => (effect.is(kind) ? effect.value : before), value),
  });

const colors = remembered(colored, /** @type {Map<string, Piece[]>} */ (new Map()));
const lines = remembered(lit, /** @type {Lines} */ ([]));

/**
 * The whole text in its colours: a network is a page or two.
 * @param {EditorState} state
 */
function paint(state) {
  const built = /** @type {RangeSetBuilder<Decoration>} */ (new RangeSetBuilder());
  const found = state.field(colors);
  const meant = state.field(lines);
  for (let number = 1; number <= state.doc.lines; number += 1) {
    const line = state.doc.line(number);
    if (meant.some(([first, last]) => first <= number && number <= last)) {
      built.add(line.from, line.from, Decoration.line({ class: "lit-line" }));
    }
    let at = line.from;
    for (const piece of found.get(line.text) ?? []) {
      const [words, kind] = typeof piece === "string" ? [piece, ""] : piece;
      if (kind && words) built.add(at, at + words.length, Decoration.mark({ class: kind }));
      at += words.length;
    }
  }
  return built.finish();
}

const painted = EditorView.decorations.compute(["doc", colors, lines], paint);

const look = EditorView.theme({
  "&": { flex: "1", minHeight: "0", fontSize: "13px" },
  ".cm-scroller": { fontFamily: 'ui-monospace, "Liberation Mono", monospace', lineHeight: "1.5" },
  ".cm-gutters": { background: "var(--fill)", color: "var(--faint)", border: "0" },
  ".cm-activeLine:not(.lit-line), .cm-activeLineGutter": { background: "color-mix(in srgb, var(--fill) 60%, transparent)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-selectionBackground, &.cm-focused .cm-selectionBackground": {
    background: "color-mix(in srgb, var(--accent) 28%, transparent) !important",
  },
  ".cm-tooltip, .cm-panels": { background: "var(--fill)", color: "var(--text)", border: "1px solid var(--frame)" },
});

/**
 * @param {HTMLElement} place
 * @returns {Editor}
 */
export function mirror(place) {
  const followers = { text: /** @type {(() => void)[]} */ ([]), line: /** @type {((line: number) => void)[]} */ ([]) };
  let quiet = false;
  let before = 1;

  const follow = EditorView.updateListener.of((update) => {
    if (update.docChanged && !quiet) for (const tell of followers.text) tell();
    const now = lineOf(update.state);
    if (now === before) return;
    before = now;
    if (!quiet) for (const tell of followers.line) tell(now);
  });

  const view = new EditorView({
    parent: place,
    extensions: [
      lineNumbers(),
      history(),
      drawSelection(),
      bracketMatching(),
      highlightActiveLine(),
      highlightSelectionMatches(),
      lintGutter(),
      indentUnit.of("  "),
      EditorState.tabSize.of(4),
      // Tab leaves the text, as everywhere on a page.
      keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap]),
      EditorView.contentAttributes.of({ "aria-label": "The text of the network", spellcheck: "false", autocapitalize: "off" }),
      colors,
      lines,
      painted,
      look,
      follow,
    ],
  });

  return {
    text: () => view.state.doc.toString(),
    set(text, undoable = false) {
      quiet = !undoable;
      const { from, to, text: insert } = changed(view.state.doc.toString(), text);
      view.dispatch({ changes: { from, to, insert } });
      quiet = false;
    },
    line: () => lineOf(view.state),
    go(to, column = 1) {
      const line = view.state.doc.line(Math.min(Math.max(to, 1), view.state.doc.lines));
      quiet = true;
      const anchor = line.from + unitsBefore(line.text, column);
      view.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: "nearest", yMargin: 40 }) });
      quiet = false;
      view.focus();
    },
    show({ colors: pieces, marks, lit: meant }) {
      if (pieces) {
        const rows = pieces.map(
          (row) => /** @type {[string, Piece[]]} */ ([row.map((piece) => (typeof piece === "string" ? piece : piece[0])).join(""), row]),
        );
        view.dispatch({ effects: colored.of(new Map(rows)) });
      }
      if (meant) view.dispatch({ effects: lit.of(meant) });
      if (marks) {
        const { doc } = view.state;
        const found = marks
          .filter((mark) => mark.line <= doc.lines)
          .map(({ line: number, start, end, severity, message }) => {
            const line = doc.line(number);
            return { from: line.from + unitsBefore(line.text, start), to: line.from + unitsBefore(line.text, end), severity, message };
          });
        view.dispatch(setDiagnostics(view.state, found));
      }
    },
    dom: view.dom,
    cursor: () => view.state.selection.main.head,
    offsetAt: (x, y) => view.posAtCoords({ x, y }),
    rect: (offset) => view.coordsAtPos(Math.min(offset, view.state.doc.length)),
    put(from, to, text, start, end) {
      view.dispatch({ changes: { from, to, insert: text }, selection: { anchor: from + start, head: from + end }, scrollIntoView: true });
      view.focus();
    },
    onText: (tell) => followers.text.push(tell),
    onLine: (tell) => followers.line.push(tell),
  };
}

/** @param {EditorState} state */
const lineOf = (state) => state.doc.lineAt(state.selection.main.head).number;
