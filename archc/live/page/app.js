// The page: what is written goes to whoever answers, and each part of the answer to its place.
import { assist } from "./assist.js";
import { byId, html } from "./elements.js";
import { look, start as startLook } from "./look.js";
import { panel, showSource, showTable, start as startPanels } from "./panels.js";
import { settings, showParameters, start as startParameters } from "./parameters.js";
import { light, old, show as showPicture, start as startPicture } from "./picture.js";
import { marks, show as showProblems } from "./problems.js";

/** @import { Asked, Backend, Check, Diagnostic, Editor, Part, Refused } from "./types.d.ts" */

/** Milliseconds after a key in which another one may follow. */
const PAUSE = 60;

const network = byId("network", HTMLSelectElement);
const totals = byId("totals", HTMLElement);

/**
 * @param {Editor} editor
 * @param {Backend} backend
 * @param {(asked: Asked) => void} [told] is told of each question
 */
export function run(editor, backend, told) {
  let wanted = "";
  let timer = 0;
  let file = "";
  /** What is wrong with the text, and then what is wrong with its picture. */
  let found = /** @type {Check | null} */ (null);

  /** @returns {Asked} */
  const asked = () => ({ text: editor.text(), network: wanted, look: look(), panel: panel(), settings: settings() });

  function ask() {
    clearTimeout(timer);
    const question = asked();
    told?.(question);
    backend.ask(question, take);
  }

  /** @param {Part} part */
  function take(part) {
    if (part.part === "check") check(part);
    else if (part.part === "costs") {
      totals.textContent = part.totals;
      totals.classList.remove("old");
      showTable("costs", part);
    } else if (part.part === "sizes") showTable("sizes", part);
    else if (part.part === "python") showSource(part.text);
    else if (part.part === "picture") {
      if (part.svg !== null) showPicture(part.svg, part.places);
      else old("The picture could not be made");
      more(part.diagnostics);
      if (part.svg !== null) light(editor.line());
    } else if (part.part === "refused") {
      old(why(part, "archc could not answer"));
      more(part.diagnostics);
    }
  }

  /** @param {Refused} refused @param {string} words where it is not archc's fault */
  const why = ({ bug }, words) => (bug === undefined ? words : `archc has failed (${bug}); please report it, with the text`);

  /** @param {Check} part */
  function check(part) {
    found = part;
    file = part.file;
    editor.show({ colors: part.colors, marks: marks(part.diagnostics, file) });
    showProblems(editor, file, part.diagnostics, part.fixed);
    if (part.parameters.length || part.network !== null) showParameters(part.network ?? network.value, part.parameters);
    if (part.network === null) {
      old(part.diagnostics.some((row) => row.severity === "error") ? "The text has errors" : "The text has no network");
      totals.classList.add("old");
      return;
    }
    network.replaceChildren(...part.networks.map((name) => html("option", {}, name)));
    network.value = part.network;
    network.disabled = part.networks.length < 2;
  }

  /** @param {Diagnostic[]} rows */
  function more(rows) {
    if (found && rows.length) showProblems(editor, file, [...found.diagnostics, ...rows], found.fixed);
  }

  editor.onText(() => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
  editor.onLine((line) => {
    editor.show({ lit: [] });
    light(line);
  });
  network.addEventListener("change", () => {
    wanted = network.value;
    ask();
  });
  assist(editor, backend.help);
  startLook(ask);
  startParameters(() => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
  startPanels(ask);
  startPicture((line, lines) => {
    editor.show({ lit: lines });
    editor.go(line);
  });
  byId("file-save", HTMLButtonElement).addEventListener("click", async () => {
    const form = byId("file-form", HTMLSelectElement).value;
    const made = await backend.draw(asked(), form);
    if ("text" in made) download(made.text, `${network.value || "network"}.${form}`);
    else if (made.diagnostics.length) more(made.diagnostics);
    else old(why(made, `The .${form} could not be made`));
  });
  return {
    ask,
    /** @param {string} name */
    want(name) {
      wanted = name;
    },
  };
}

/**
 * @param {string} text
 * @param {string} name
 */
function download(text, name) {
  const address = URL.createObjectURL(new Blob([text]));
  const link = html("a", { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
