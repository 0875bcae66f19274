// What stands at a place of the text, and what may be written there: two small windows over the editor, for the mouse and for the keyboard.
import { html } from "./elements.js";
import { formatted } from "./markdown.js";
import { lettersBefore, unitsOf } from "./positions.js";

/** @import { Backend, Editor, Offer, Offers, Standing } from "./types.d.ts" */

/** Milliseconds that the pointer rests before something is told. */
const REST = 350;
const MOST = 60;

/**
 * @param {Editor} editor
 * @param {Backend["help"]} help
 */
export function assist(editor, help) {
  const tip = html("div", { id: "tip", role: "tooltip" });
  const list = html("div", { id: "offers", role: "listbox", "aria-label": "What may be written here" });
  const said = html("div", { class: "spoken", role: "status" });
  const shown = {
    offers: /** @type {Offer[]} */ ([]),
    /** Where the begun word begins. */
    start: 0,
    at: 0,
  };
  let asked = 0;
  let rest = 0;
  /** Whether the next change of the text is a key's: words are offered to who types, and not where a fix is clicked on. */
  let typed = false;
  tip.hidden = list.hidden = true;
  document.body.append(tip, list, said);

  /**
   * What the core says of a place; null where the text or the question is another by now.
   * @template Found
   * @param {"hover" | "offers"} kind
   * @param {number} units
   */
  async function ask(kind, units) {
    asked += 1;
    const number = asked;
    const text = editor.text();
    const found = /** @type {Found | null} */ (await help(kind, text, lettersBefore(text, units)));
    return number === asked && text === editor.text() ? found : null;
  }

  // ------------------------------------------------------------------------------------------------- what stands there

  /** @param {number} units */
  async function tell(units) {
    const found = /** @type {Standing | null} */ (await ask("hover", units));
    if (!found?.text || !list.hidden) {
      tip.hidden = true;
      return;
    }
    tip.replaceChildren(...formatted(found.text));
    put(tip, unitsOf(editor.text(), found.start ?? 0));
    said.textContent = tip.textContent;
  }

  editor.dom.addEventListener("mousemove", (event) => {
    clearTimeout(rest);
    const at = editor.offsetAt(event.clientX, event.clientY);
    if (at === null) tip.hidden = true;
    else rest = setTimeout(tell, REST, at);
  });
  for (const place of [editor.dom, tip]) {
    place.addEventListener("mouseleave", (event) => {
      clearTimeout(rest);
      const to = event instanceof MouseEvent && event.relatedTarget;
      if (!(to instanceof Node && (tip.contains(to) || editor.dom.contains(to)))) tip.hidden = true;
    });
  }
  editor.dom.addEventListener("mousedown", hide);
  editor.dom.addEventListener("scroll", hide, { capture: true });

  // ------------------------------------------------------------------------------------------------- what may be written

  async function offer() {
    const at = editor.cursor();
    const found = /** @type {Offers | null} */ (await ask("offers", at));
    if (!found?.offers || editor.cursor() !== at) return;
    const text = editor.text();
    shown.start = unitsOf(text, found.start);
    const begun = text.slice(shown.start, at).toLowerCase();
    const rows = found.offers.filter((row) => row.word.toLowerCase().startsWith(begun));
    shown.offers = rows.slice(0, MOST);
    const nothing = !shown.offers.length || (shown.offers.length === 1 && shown.offers[0].word === begun);
    if (nothing) hide();
    else showOffers();
  }

  function showOffers() {
    tip.hidden = true;
    list.replaceChildren(
      ...shown.offers.map((row, number) => {
        const made = html(
          "div",
          { role: "option", id: `offer-${number}`, title: row.doc },
          html("b", {}, row.word),
          html("i", {}, row.detail),
        );
        made.addEventListener("mousedown", (event) => {
          event.preventDefault();
          take(row);
        });
        return made;
      }),
    );
    put(list, shown.start);
    choose(0);
  }

  /** @param {number} number */
  function choose(number) {
    shown.at = (number + shown.offers.length) % shown.offers.length;
    for (const [place, row] of [...list.children].entries()) row.setAttribute("aria-selected", String(place === shown.at));
    list.children[shown.at].scrollIntoView({ block: "nearest" });
    const { word, detail } = shown.offers[shown.at];
    said.textContent = `${word} ${detail}`;
  }

  /** @param {Offer} row */
  function take(row) {
    hide();
    const { text, from, to } = plain(row.snippet, row.insert || row.word, indent(editor.text(), shown.start));
    editor.put(shown.start, editor.cursor(), text, from, to);
  }

  function hide() {
    asked += 1; // what is on its way is not wanted any more
    clearTimeout(rest);
    tip.hidden = list.hidden = true;
  }

  /** @param {KeyboardEvent} event */
  function pressed(event) {
    const { key, ctrlKey, metaKey } = event;
    typed = !(ctrlKey || metaKey) && (key.length === 1 || (key === "Backspace" && !list.hidden));
    if (ctrlKey && key === " ") offer();
    else if ((ctrlKey || metaKey) && key === "i") tell(editor.cursor());
    else if (key === "Escape" && !(tip.hidden && list.hidden)) hide();
    else if (list.hidden) {
      if (key.startsWith("Arrow")) hide();
      return;
    } else if (key === "ArrowDown") choose(shown.at + 1);
    else if (key === "ArrowUp") choose(shown.at - 1);
    else if ((key === "Enter" || key === "Tab") && shown.offers[shown.at].word !== editor.text().slice(shown.start, editor.cursor()))
      take(shown.offers[shown.at]);
    else {
      if (["ArrowLeft", "ArrowRight", "Enter", "Tab"].includes(key)) hide();
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  editor.dom.addEventListener("keydown", pressed, { capture: true });
  editor.dom.addEventListener("focusout", hide);
  editor.onText(() => {
    tip.hidden = true;
    const wanted = typed;
    typed = false;
    if (wanted && /[\w.(|]/.test(editor.text()[editor.cursor() - 1] ?? "")) offer();
    else hide();
  });

  /**
   * A window below a place of the text, or above it where there is more room.
   * @param {HTMLElement} made
   * @param {number} units
   */
  function put(made, units) {
    const place = editor.rect(units);
    if (!place) return;
    made.hidden = false;
    const below = innerHeight - place.bottom >= Math.min(made.offsetHeight, place.top);
    made.style.left = `${Math.max(4, Math.min(place.left, innerWidth - made.offsetWidth - 4))}px`;
    made.style.top = below ? `${place.bottom + 2}px` : `${Math.max(4, place.top - made.offsetHeight - 2)}px`;
  }
}

/**
 * A piece of text whose places to fill in hold their words; the first of them is to be selected.
 * @param {boolean} snippet
 * @param {string} text
 * @param {string} before what its lines begin with
 */
function plain(snippet, text, before) {
  if (!snippet) return { text, from: text.length, to: text.length };
  let made = "";
  let first = /** @type {[number, number] | null} */ (null);
  for (const piece of text.replaceAll("\n", `\n${before}`).split(/(\$\{\d+:[^}]*\}|\$0)/)) {
    const words = piece.match(/^\$\{\d+:([^}]*)\}$/);
    const own = words ? words[1] : piece === "$0" ? "" : piece;
    if (piece !== own) first ??= [made.length, made.length + own.length];
    made += own;
  }
  const [from, to] = first ?? [made.length, made.length];
  return { text: made, from, to };
}

/**
 * The blanks that the line of a place begins with.
 * @param {string} text
 * @param {number} units
 */
const indent = (text, units) => text.slice(text.lastIndexOf("\n", units - 1) + 1, units).match(/^ */)?.[0] ?? "";
