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
  colors: Piece[][];
}

export type Part =
  | Check
  | ({ part: "costs"; totals: string } & Table)
  | ({ part: "sizes" } & Table)
  | { part: "python"; text: string }
  | { part: "picture"; svg: string | null; places: Places; diagnostics: Diagnostic[] }
  | { part: "refused"; diagnostics: Diagnostic[]; bug?: string }
  | { part: "done" };

/** What is asked of a text. */
export interface Asked {
  text: string;
  network: string;
  look: Look;
  panel: string;
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
  /** The picture as a file; a list of what is wrong where there is none. */
  draw(asked: Asked, form: string): Promise<string | Diagnostic[]>;
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
  | { part: "drawn"; form: string; text: string }
  | { part: "undrawn"; diagnostics: Diagnostic[] };
