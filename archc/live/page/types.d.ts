// What Python writes (answers.py, server.py) and the scripts read, and the two sides of the page: what it is written in, and who answers.

/** A text, or a text with its kind: "word", "string" or "comment". */
export type Piece = string | [string, string];

export interface Place {
  file: string;
  line: number;
  column: number;
  end_line: number;
  end_column: number;
}

export interface Edit extends Place {
  text: string;
}

export interface Diagnostic extends Place {
  code: string;
  severity: "error" | "warning";
  message: string;
  labels: (Place & { message: string })[];
  notes: string[];
  help: string | null;
  fix: { message: string; edits: Edit[] } | null;
}

export interface Table {
  title: string;
  columns: [string, boolean][];
  rows: string[][];
  total: string[] | null;
  notes: string[];
}

/** First and last line of each place: what was written there, what calls it, what is around it. */
export type Lines = [number, number][];
export type Places = Record<string, [Lines, Lines, Lines]>;

export interface Check {
  part: "check";
  file: string;
  diagnostics: Diagnostic[];
  fixed: string | null;
  networks: string[];
  network: string | null;
  /** Of the network, with the values that the text gives them. */
  parameters: [string, Value][];
  colors: Piece[][];
}

/** Why there is no answer: what is wrong with the text, or, where archc is at fault, what it failed of. */
export interface Refused {
  diagnostics: Diagnostic[];
  bug?: string;
}

export type Made = { text: string } | Refused;

export type Part =
  | Check
  | ({ part: "costs"; totals: string } & Table)
  | ({ part: "sizes" } & Table)
  | { part: "python"; text: string }
  | { part: "picture"; svg: string | null; places: Places; diagnostics: Diagnostic[] }
  | ({ part: "refused" } & Refused)
  | { part: "done" };

/** What a parameter is that a field can hold. */
export type Value = number | boolean | string;

/** What is asked of a text. */
export interface Asked {
  text: string;
  network: string;
  look: Look;
  panel: string;
  settings: Record<string, Value>;
}

export interface Look {
  level: string;
  open: string[];
  fold: string[];
  direction: string;
  color_by: string;
  theme: string;
  width: number | null;
  insets: boolean;
}

/** Who answers: a process of this machine, or Python in the page itself. Of several questions the last one alone is answered. */
export interface Backend {
  ask(asked: Asked, take: (part: Part) => void): void;
  /** The picture as a file, or why there is none. */
  draw(asked: Asked, form: string): Promise<Made>;
  /** What stands at a place of the text, or may be written there; an empty object where there is nothing to say. */
  help(kind: "hover" | "offers", text: string, offset: number): Promise<unknown>;
}

/** What stands at a place, as Markdown; places are counted as Python does. */
export interface Standing {
  text?: string | null;
  start?: number;
  end?: number;
}

export interface Offer {
  word: string;
  sort: string;
  detail: string;
  doc: string;
  insert: string;
  snippet: boolean;
}

export interface Offers {
  start: number;
  offers?: Offer[];
}

export interface Mark {
  line: number;
  start: number;
  end: number;
  severity: "error" | "warning";
  message: string;
}

/** What is beneath the text: its colours by line, what is wrong, and the lines that the picture means. */
export interface Shown {
  colors?: Piece[][];
  marks?: Mark[];
  lit?: Lines;
}

export interface Editor {
  text(): string;
  /** Another text; the cursor stays in its line. `undoable`: as if it had been typed. */
  set(text: string, undoable?: boolean): void;
  /** The line of the cursor, from 1. */
  line(): number;
  go(line: number, column?: number): void;
  show(shown: Shown): void;
  /** Where its events are; offsets are in units of UTF-16. */
  dom: HTMLElement;
  cursor(): number;
  /** The offset beneath a point of the window; null where no letter is. */
  offsetAt(x: number, y: number): number | null;
  /** Where an offset is in the window. */
  rect(offset: number): DOMRect | { left: number; top: number; bottom: number } | null;
  /** Other words in place of some, as if they were typed; what is selected then counts from where they begin. */
  put(from: number, to: number, text: string, select_from: number, select_to: number): void;
  onText(follow: () => void): void;
  onLine(follow: (line: number) => void): void;
}

/** What `archc watch` says of the file, beside the answers. */
export interface FileState {
  part: "file";
  name: string;
  text: string | null;
  version: string;
  shipped: boolean;
  diagnostics: Diagnostic[];
}

export type Told =
  | FileState
  | { part: "import" }
  | { part: "saved"; version: string }
  | { part: "unsaved"; diagnostics: Diagnostic[] }
  | { part: "elsewhere" }
  | { part: "help"; asked: number; found: object }
  | { part: "drawn"; form: string; text: string }
  | ({ part: "undrawn" } & Refused);
