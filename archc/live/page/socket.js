// The way to the process that answers: one socket, opened again when it was lost.

/** @import { Backend, Part, Told } from "./types.d.ts" */

const AGAIN = 1000;

/**
 * @param {(told: Told) => void} hear what is no answer
 * @param {(open: boolean) => void} changed
 */
export function connect(hear, changed) {
  let socket = /** @type {WebSocket | null} */ (null);
  let number = 0;
  let number_of_help = 0;
  let take = /** @type {(part: Part) => void} */ (() => {});
  const helped = /** @type {Map<number, (found: object) => void>} */ (new Map());
  let drawn = /** @type {((made: Told) => void) | null} */ (null);

  function open() {
    const address = new URL("socket", location.href);
    address.protocol = "ws:";
    const made = new WebSocket(address);
    made.addEventListener("open", () => {
      socket = made;
      changed(true);
    });
    made.addEventListener("close", () => {
      if (socket === made) changed(false);
      helped.clear();
      socket = null;
      setTimeout(open, AGAIN);
    });
    made.addEventListener("message", (event) => receive(JSON.parse(event.data)));
  }

  /** @param {(Part & {number: number}) | Told} message */
  function receive(message) {
    if ("number" in message) {
      if (message.number === number) take(message);
    } else if (message.part === "help") {
      helped.get(message.asked)?.(message.found);
      helped.delete(message.asked);
    } else if (message.part === "drawn" || message.part === "undrawn") drawn?.(message);
    else hear(message);
  }

  /** @param {object} message */
  const send = (message) => socket?.send(JSON.stringify(message));

  /** @type {Backend} */
  const backend = {
    ask(asked, follow) {
      number += 1;
      take = follow;
      send({ do: "ask", number, ...asked });
    },
    draw(asked, form) {
      return new Promise((resolve) => {
        drawn = (made) => resolve(made.part === "drawn" || made.part === "undrawn" ? made : { diagnostics: [] });
        send({ do: "draw", form, ...asked });
      });
    },
    help(kind, text, offset) {
      number_of_help += 1;
      const asked = number_of_help;
      return new Promise((resolve) => {
        helped.set(asked, resolve);
        send({ do: kind, asked, text, offset });
      });
    },
  };
  open();
  return {
    backend,
    /** @param {string} text @param {string | null} over the version that it takes the place of; null: of any */
    save: (text, over) => send({ do: "save", text, over }),
  };
}
