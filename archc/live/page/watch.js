// `archc watch`: the page follows the file, and writes to it when it is asked to.
import { run } from "./app.js";
import { area } from "./area.js";
import { byId, html } from "./elements.js";
import { connect } from "./socket.js";

/** @import { Diagnostic, FileState, Told } from "./types.d.ts" */

const save = byId("save", HTMLButtonElement);
const saved = byId("saved", HTMLElement);
const notice = byId("notice", HTMLElement);
const title = byId("file-name", HTMLElement);

const editor = area(byId("text", HTMLElement));

/** The file's text as the page last took it or wrote it, null before there was one; and the version that stands on the disk, as far as the page was told. */
const base = { text: /** @type {string | null} */ (null), version: "" };
let file = /** @type {FileState | null} */ (null);
/** What was sent to be written. */
let sent = "";

const { backend, save: send } = connect(hear, (open) => {
  if (open) tell("");
  else tell("archc watch has ended. Start it again, and open the address that it prints; what stands here is kept until then.");
  save.disabled = !open;
});
const page = run(editor, backend);
editor.onText(status);

/** @param {Told} told */
function hear(told) {
  if (told.part === "file") follow(told);
  else if (told.part === "import") page.ask();
  else if (told.part === "saved") {
    base.text = sent;
    base.version = told.version;
    tell("");
    status();
  } else if (told.part === "elsewhere") conflict("The file was changed by another program since this text was taken from it.");
  else if (told.part === "unsaved") tell(worded(told.diagnostics));
}

/** @param {FileState} state */
function follow(state) {
  const mine = editor.text();
  const isMine = base.text !== null && mine !== base.text && mine !== state.text;
  file = state;
  title.textContent = state.name;
  if (state.text === null) {
    tell(`${worded(state.diagnostics)} The page keeps the text; Save writes it again.`);
    base.version = state.version;
  } else if (isMine) conflict("The file has changed, and so has the text here.");
  else take(state);
  status();
}

/** @param {FileState} state */
function take(state) {
  if (state.text === null) return;
  base.text = state.text;
  base.version = state.version;
  editor.set(state.text);
  tell("");
  status();
  page.ask();
}

/** @param {string} why */
function conflict(why) {
  tell(
    why,
    ["Take the file's text", () => file && take(file)],
    ["Write this text over it", () => write(null)],
    ["Go on writing", () => tell("")],
  );
}

/** @param {string | null} over */
function write(over) {
  sent = editor.text();
  send(sent, over);
}

/** Whether the page has what the file has not. */
const isDirty = () => base.text !== null && (file?.text === null || editor.text() !== base.text);

function status() {
  const dirty = isDirty();
  save.disabled = !dirty || Boolean(file?.shipped);
  saved.textContent = file?.shipped ? "a network of archc's library: it is not written to" : dirty ? "not saved" : "saved";
  document.title = `${dirty ? "● " : ""}${file?.name ?? "archc watch"}`;
}

/**
 * @param {string} words
 * @param {[string, () => void][]} buttons
 */
function tell(words, ...buttons) {
  notice.replaceChildren(
    html("span", {}, words),
    ...buttons.map(([name, press]) => {
      const made = html("button", { type: "button" }, name);
      made.addEventListener("click", press);
      return made;
    }),
  );
  notice.hidden = words === "";
}

/** @param {Diagnostic[]} rows */
const worded = (rows) => rows.map((row) => `${row.code}: ${row.message}.${row.help ? ` ${row.help}.` : ""}`).join(" ");

save.addEventListener("click", () => write(base.version));
addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "s") {
    event.preventDefault();
    if (!save.disabled) write(base.version);
  }
});
addEventListener("beforeunload", (event) => {
  if (isDirty()) event.preventDefault();
});
