// The playground: the page of `archc watch` with Python in it, a menu of the library, and links that hold all that is shown.
import { run } from "./app.js";
import { byId, html } from "./elements.js";
import { packed, unpacked } from "./links.js";
import { choose, chosen } from "./look.js";
import { mirror } from "./mirror.js";
import { open as openPanel } from "./panels.js";
import { setSettings } from "./parameters.js";
import { python } from "./python.js";

/** @import { Asked } from "./types.d.ts" */
/** @import { Linked } from "./protocol.d.ts" */

const FIRST = "resnet18";

/** What the text is called that is no network's of the library. */
const OWN = { file: "net.arch", network: "", text: "" };

const title = byId("file-name", HTMLElement);
const menu = byId("library", HTMLSelectElement);
const link = byId("link", HTMLButtonElement);
const notice = byId("notice", HTMLElement);

const editor = mirror(byId("text", HTMLElement));

/** What Python is at, and what there is to say of the link that was followed. */
const said = { state: /** @type {[string, ...[string, () => void][]]} */ ([""]), link: "" };

/** The network of the library that the text began as. */
let began = { name: "", ...OWN };
let last = /** @type {Asked | null} */ (null);

const file = () => began.file;
const { backend, library, stop } = python(file, (state, why) => {
  if (state === "loading") said.state = ["Python is being loaded; this takes some seconds."];
  else if (state === "silent") said.state = ["archc is still at work.", ["Stop", stop]];
  else if (state === "broken")
    said.state = [`archc could not answer (${why.split("\n")[0].slice(0, 200)}). It was started again: change the text, and it will try.`];
  else said.state = [""];
  tell();
});
const page = run(editor, backend, (asked) => {
  last = asked;
  remember();
});

function tell() {
  const [words, ...buttons] = said.state;
  const made = buttons.map(([name, press]) => {
    const button = html("button", { type: "button" }, name);
    button.addEventListener("click", press);
    return button;
  });
  const text = [said.link, words].filter(Boolean).join(" ");
  notice.replaceChildren(html("span", {}, text), ...made);
  notice.hidden = text === "";
}

/** @returns {Linked} */
function linked() {
  const text = editor.text();
  const plain = began.name !== "" && text === began.text;
  const network = last && last.network !== began.network ? { network: last.network } : {};
  const panel = last && last.panel !== "problems" ? { panel: last.panel } : {};
  const look = Object.fromEntries(Object.entries(chosen()).filter(([name, value]) => isSaid(name, value)));
  const options = Object.keys(look).length ? { look } : {};
  const settings = last && Object.keys(last.settings).length ? { settings: last.settings } : {};
  return { ...(began.name ? { file: began.name } : {}), ...(plain ? {} : { text }), ...network, ...options, ...panel, ...settings };
}

/**
 * Whether a field says something that it does not say by itself.
 * @param {string} name
 * @param {unknown} value
 */
const isSaid = (name, value) =>
  !["", null, false, { level: "block", color_by: "kind" }[name]].includes(/** @type {string} */ (value)) &&
  !(Array.isArray(value) && !value.length);

/** The address follows what is shown, so that it can be kept and sent. */
async function remember() {
  const word = await packed(linked());
  if (`#${word}` !== location.hash) history.replaceState(null, "", `#${word}`);
}

/** @param {Linked} wanted */
async function show(wanted) {
  const name = [...menu.options].some((option) => option.value === wanted.file) ? (wanted.file ?? "") : "";
  began = { name, ...(name ? await library(name) : OWN) };
  title.textContent = file();
  document.title = `${file()} · archc`;
  page.want(typeof wanted.network === "string" ? wanted.network : began.network);
  if (wanted.look && typeof wanted.look === "object") choose(wanted.look);
  setSettings(wanted.settings && typeof wanted.settings === "object" ? wanted.settings : {});
  if (typeof wanted.panel === "string") openPanel(wanted.panel, () => {});
  editor.set(typeof wanted.text === "string" ? wanted.text : began.text);
  page.ask();
}

menu.addEventListener("change", async () => {
  if (!menu.value) return;
  await show({ file: menu.value });
  menu.value = "";
});

link.addEventListener("click", async () => {
  await remember();
  await navigator.clipboard.writeText(location.href);
  link.textContent = "Copied";
  setTimeout(() => {
    link.textContent = "Copy link";
  }, 1500);
});

async function begin() {
  const word = location.hash.slice(1);
  const found = word ? await unpacked(word) : null;
  await show(found ?? { file: FIRST });
  if (word && !found) {
    said.link = "The link could not be read: it was cut, perhaps. This is a network of the library.";
    tell();
  }
}

editor.onText(() => {
  said.link = "";
  tell();
});
addEventListener("hashchange", begin);
begin();
