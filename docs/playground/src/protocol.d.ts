// What the page and its worker say to each other.
import type { Made, Part, Value } from "./types.d.ts";

export interface Question {
  file: string;
  text: string;
  wanted: object;
}

export type ToWorker =
  | ({ do: "ask"; number: number } & Question)
  | ({ do: "draw"; number: number; form: string } & Question)
  | { do: "help"; number: number; kind: string; file: string; text: string; offset: number }
  | { do: "library"; name: string };

export type FromWorker =
  | { part: "ready" }
  | { part: "broken"; why: string }
  | { part: "answer"; number: number; answer: Part }
  | { part: "drawn"; number: number; made: Made }
  | { part: "help"; number: number; found: object }
  | { part: "text"; name: string; found: Shipped };

/** A network of the library: its file, and which of its networks, where it is a preset. */
export interface Shipped {
  file: string;
  network: string;
  text: string;
}

/** What a link holds: a network of the library, or a text; and how it is shown. */
export interface Linked {
  file?: string;
  text?: string;
  network?: string;
  look?: Record<string, unknown>;
  panel?: string;
  settings?: Record<string, Value>;
}
