// Python and Graphviz, apart from the page: however long they work, the page answers.
import { Graphviz } from "@hpcc-js/wasm-graphviz";

/** @import { FromWorker, ToWorker } from "./protocol.d.ts" */

const PLACE = "/site";

/** @param {FromWorker} message */
const tell = (message) => postMessage(message);

/** The newest question, where it is not answered to its end. */
let asked = /** @type {Extract<ToWorker, { do: "ask" }> | null} */ (null);

/** Whether all places stand in a text already. @param {string} dot */
const isPlaced = (dot) => /^\s*graph \[[^\]]*\blayout=nop2\b/m.test(dot);

async function start() {
  const here = new URL(".", import.meta.url);
  // No bundler looks into it: it is Python's own loader, which fetches what stands beside it.
  const loader = new URL("pyodide/pyodide.mjs", here).href;
  const [{ loadPyodide }, archive, graphviz] = await Promise.all([
    /** @type {Promise<typeof import("pyodide")>} */ (import(loader)),
    fetch(new URL("python/site.zip", here)).then((answer) => answer.arrayBuffer()),
    Graphviz.load(),
  ]);
  const python = await loadPyodide({ indexURL: new URL("pyodide/", here).href });
  python.unpackArchive(archive, "zip", { extractDir: PLACE });
  python.runPython(`import sys; sys.path.insert(0, "${PLACE}")`);
  const module = python.pyimport("archc.live.browser");
  /** @param {string} dot @param {string} form */
  const layout = (dot, form) =>
    graphviz.layout(dot, /** @type {import("@hpcc-js/wasm-graphviz").Format} */ (form), isPlaced(dot) ? "nop2" : "dot");
  return { worker: module.Worker(layout), library: module.library };
}

const ready = start();
ready.then(
  () => tell({ part: "ready" }),
  (error) => tell({ part: "broken", why: String(error) }),
);

/** A turn of the event loop: messages that came in the meantime are heard. */
const turn = () => new Promise((resolve) => setTimeout(resolve));

let busy = false;

async function answer() {
  if (busy) return;
  busy = true;
  const { worker } = await ready;
  let current = null;
  while (asked) {
    if (current !== asked) {
      current = asked;
      worker.ask(current.file, current.text, JSON.stringify(current.wanted));
    }
    const part = JSON.parse(worker.step());
    tell({ part: "answer", number: current.number, answer: part });
    if (part.part === "done" || part.part === "refused") {
      if (asked === current) asked = null;
      current = null;
    }
    await turn();
  }
  busy = false;
}

/** @param {MessageEvent<ToWorker>} event */
async function hear({ data }) {
  try {
    if (data.do === "ask") {
      asked = data;
      await answer();
      return;
    }
    const { worker, library } = await ready;
    if (data.do === "draw") {
      tell({
        part: "drawn",
        number: data.number,
        made: JSON.parse(worker.draw(data.file, data.text, JSON.stringify(data.wanted), data.form)),
      });
    } else if (data.do === "help") {
      tell({ part: "help", number: data.number, found: JSON.parse(worker.help(data.kind, data.file, data.text, data.offset)) });
    } else {
      tell({ part: "text", name: data.name, found: JSON.parse(library(data.name)) });
    }
  } catch (error) {
    // Python itself has ended (its stack, its memory): the page starts another worker.
    tell({ part: "broken", why: String(error) });
  }
}

addEventListener("message", hear);
