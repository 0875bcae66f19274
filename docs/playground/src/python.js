// The worker that answers, seen from the page: started, and started again where it broke or was told to stop.

/** @import { Backend, Made, Part } from "./types.d.ts" */
/** @import { FromWorker, Shipped, ToWorker } from "./protocol.d.ts" */

/** Milliseconds of silence after which a person may want to stop it. */
const LONG = 12_000;

/** @typedef {"loading" | "ready" | "silent" | "broken"} State */

/**
 * @param {() => string} file what messages call the text
 * @param {(state: State, why: string) => void} changed
 */
export function python(file, changed) {
  let number = 0;
  let asked = 0;
  let take = /** @type {(part: Part) => void} */ (() => {});
  let last = /** @type {ToWorker | null} */ (null);
  let silence = 0;
  let started = false;
  const drawn = /** @type {Map<number, (made: Made) => void>} */ (new Map());
  const helped = /** @type {Map<number, (found: object) => void>} */ (new Map());
  const texts = /** @type {Map<string, (found: Shipped) => void>} */ (new Map());
  let worker = start();

  function start() {
    changed("loading", "");
    started = false;
    helped.clear(); // what was asked of another worker has no answer
    const made = new Worker("worker.js", { type: "module" });
    made.addEventListener("message", (event) => made === worker && hear(event.data));
    made.addEventListener("error", (event) => made === worker && broke(event.message));
    return made;
  }

  function restart() {
    worker.terminate();
    worker = start();
    if (last) send(last);
  }

  /** @param {string} why */
  function broke(why) {
    clearTimeout(silence);
    worker.terminate();
    last = null;
    if (!started) changed("broken", why);
    else {
      worker = start();
      changed("broken", why);
    }
  }

  /** @param {FromWorker} message */
  function hear(message) {
    if (message.part === "ready") {
      started = true;
      changed("ready", "");
    } else if (message.part === "broken") broke(message.why);
    else if (message.part === "answer") {
      if (message.number !== number) return;
      const isLast = message.answer.part === "done" || message.answer.part === "refused";
      if (isLast) last = null;
      listen(!isLast);
      take(message.answer);
    } else if (message.part === "drawn") {
      drawn.get(message.number)?.(message.made);
      drawn.delete(message.number);
    } else if (message.part === "help") {
      helped.get(message.number)?.(message.found);
      helped.delete(message.number);
    } else {
      texts.get(message.name)?.(message.found);
      texts.delete(message.name);
    }
  }

  /** @param {boolean} waiting */
  function listen(waiting) {
    clearTimeout(silence);
    if (started) changed("ready", "");
    if (waiting) silence = setTimeout(() => started && changed("silent", ""), LONG);
  }

  /** @param {ToWorker} message */
  const send = (message) => worker.postMessage(message);

  /** @type {Backend} */
  const backend = {
    ask({ text, ...wanted }, follow) {
      number += 1;
      take = follow;
      last = { do: "ask", number, file: file(), text, wanted };
      send(last);
      listen(true);
    },
    draw({ text, ...wanted }, form) {
      number += 1;
      const own = number;
      return new Promise((resolve) => {
        drawn.set(own, resolve);
        send({ do: "draw", number: own, form, file: file(), text, wanted });
      });
    },
    help(kind, text, offset) {
      asked += 1;
      const own = asked;
      return new Promise((resolve) => {
        helped.set(own, resolve);
        send({ do: "help", number: own, kind, file: file(), text, offset });
      });
    },
  };
  return {
    backend,
    restart,
    /** @param {string} name @returns {Promise<Shipped>} */
    library: (name) =>
      new Promise((resolve) => {
        texts.set(name, resolve);
        send({ do: "library", name });
      }),
    /** Ends what is worked at, and begins anew with nothing. */
    stop() {
      last = null;
      restart();
    },
  };
}
