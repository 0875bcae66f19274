// What page_data.py writes and the script reads, and what the script makes of it. No part of the page.

export type Point = [x: number, y: number];
export type Rect = [x: number, y: number, width: number, height: number];
/** Operations by number: first and last of each run. */
export type Ranges = number[];
/** Words in one style; their width where the page's font has all their letters. */
export type Piece = [text: string, style: string, width?: number];
export type Rows = Piece[][];

interface Item {
  /** Name, unlike all others of its layout. */
  n: string;
  /** Place in its layout. */
  p: Rect;
  r: Rows;
  /** Numbers of the frames around it, from outside. */
  f: number[];
  x: Ranges;
  /** Number of the place in the sources. */
  s: number;
  /** Tooltip. */
  t: string;
  /** Whether it is there in training alone. */
  a?: 1;
  /** What each column of the reader's own tells of it, and of nothing in it. */
  o?: (number | null)[];
}
export interface Frame extends Item {
  k?: undefined;
  i?: undefined;
}
export interface Box extends Item {
  /** Family of the operation, or the colour of a block. */
  k: string;
  /** Number of the layout inside. */
  i?: number;
  /** What became of it between two networks, where it is not the same. */
  d?: "added" | "removed" | "changed" | "renamed" | "moved";
  /** Whether it is a merge. */
  m?: 1;
  /** Whether it is a branch beside a skip. */
  z?: 1;
  /** How many rounds it stands for. */
  c?: number;
}
/** The words beside a line, where their middle is, and their width where the page's font has all their letters. */
export type Label = [text: string, x: number, y: number, width?: number];
export interface Line {
  /** Name of the tail. */
  t: string;
  /** Name of the head. */
  h: string;
  /** The points of its spline: x, y, x, y, … */
  d: number[];
  /** Whether it skips something. */
  s?: 1;
  /** Whether its size alone is taken. */
  z?: 1;
  a?: 1;
  l?: Label;
  /** Number of the frame where it parts from another line, which is drawn from the tail on; this one begins there. */
  b?: number;
  /** Which outputs of the tail's inside it comes from, and which inputs of the head's inside it leads to. */
  u?: number[];
  v?: number[];
}
export interface Layout {
  w: number;
  h: number;
  frames: Frame[];
  boxes: Box[];
  lines: Line[];
  ports: Record<string, Point>;
}
/** Where all of a layout stands when it is turned, in the same order. */
export interface TurnedLayout {
  w: number;
  h: number;
  ports: Record<string, Point>;
  frames: Rect[];
  boxes: Rect[];
  lines: Pick<Line, "d" | "l" | "b">[];
}
export type NodeRow = [
  name: string,
  operation: string,
  shape: string,
  parameters: number,
  macs: number,
  flops: number,
  activations: number,
  places: number[],
];
/** Plain text of a source, or what it is. */
export type SourcePiece = string | [text: string, kind: "word" | "string" | "comment"];
/** A step that differs between two networks, by its numbers in them. */
export interface Change {
  k: "added" | "removed" | "changed" | "renamed" | "moved";
  /** Its sign. */
  g: string;
  /** The step, and what is told of it. */
  t: string;
  w: string;
  /** The part of the network that it is in. */
  s: string;
  /** What it costs more: parameters, MACs. */
  p: number;
  m: number;
  a: number | null;
  b: number | null;
}
/** Numbers of the reader's own, one a column, of an operation or a part. */
export interface Values {
  x: Ranges;
  v: (number | null)[];
  /** Which of them, before this, it is in. */
  u: number[];
}
export interface Data {
  network: string;
  /** Whether the flow leads to the right. */
  across: boolean;
  /** Of each network the number of its layout, and that of its first operation. */
  roots: number[];
  firsts: number[];
  layouts: Layout[];
  /** The same turned by a quarter; none of a page whose pictures are large. */
  turned: TurnedLayout[];
  nodes: Record<string, NodeRow>;
  places: [file: number, first: number, last: number][];
  sources: { name: string; lines: SourcePiece[][] }[];
  memory: [node: number, bytes: number][];
  peak: number;
  /** The colours of costs, light and dark. */
  heat: [string[], string[]];
  /** Whether all operations are listed. */
  whole: boolean;
  /** For every operation how far back those stand that it reads. */
  back: (number | number[])[];
  /** What colours the boxes at first, unless two networks are compared. */
  color: string;
  /** The reader's own numbers, and the names of their columns. */
  columns: string[];
  values: Values[];
  /** Of two networks: which operations are the same step, what changed, and the totals. */
  pairs?: [number, number][];
  changes?: Change[];
  totals?: string[];
}

/** How much room a strip of a layout needs. */
export type Demand = [from: number, to: number, size: number];
export type Mapping = (at: number) => number;

export interface PlacedBox {
  box: Box;
  key: string;
  rect: Rect;
  inside: Inside | null;
}
/** What an open box shows, and where that begins; how much of its upper border its heading takes, from the left. */
export interface Inside {
  heading: number;
  composed: Composed;
  at: Point;
  gutters: Gutters;
}
/** A side of a rectangle: across which axis it lies, and at its lower or its higher end. */
export interface Side {
  axis: 0 | 1;
  end: 0 | 1;
}
/** How a line runs around what an open box shows. */
export interface Lane {
  /** Where it enters the box. */
  side: Side;
  /** At which side it runs along the flow, at none where it enters where its port is, beneath the heading; and beyond which end across it to the port. */
  gutter: 0 | 1 | null;
  edge: 0 | 1;
  /** How far from what is shown, in both. */
  place: number;
  run: number;
}
/** The lanes of an open box, by line and end, and the room that they take across the flow and along it, at both ends. */
export interface Gutters {
  lanes: Map<string, Lane>;
  across: [number, number];
  flow: [number, number];
}
export interface PlacedFrame {
  frame: Frame;
  key: string;
  rect: Rect;
  shut: boolean;
  /** From its left edge to its words. */
  indent: number;
}
export interface PlacedLine {
  line: Line;
  key: string;
  /** It lies within, its curves and what they lead to. */
  bounds: Rect;
  label: Label | null;
  /** The path. */
  d: string;
  arrow: boolean;
  /** The boxes at its ends; none at a port. */
  tail: Box | undefined;
  head: Box | undefined;
}
/** A layout with its open boxes and shut frames: where everything stands, in its own coordinates. */
export interface Composed {
  w: number;
  h: number;
  frames: PlacedFrame[];
  boxes: PlacedBox[];
  lines: PlacedLine[];
  ports: Record<string, Point>;
  mapX: Mapping;
  mapY: Mapping;
}

/** The picture of one network. */
export interface Pane {
  number: number;
  /** Number of its layout. */
  root: number;
  /** Number of its first operation. */
  first: number;
  /** What its keys begin with. */
  prefix: string;
  canvas: SVGSVGElement;
  /** The part that is seen; null until it is fitted. */
  view: Rect | null;
  /** Its width and height. */
  size: Point;
  /** Where everything in it stands. */
  whole: Composed | null;
  /** The part of it that is painted; null is all of it. */
  painted: Rect | null;
  /** Whether it is so small that no word is painted. */
  far: boolean;
  /** What is smaller is not painted. */
  dot: number;
}
/** A line as it was drawn. */
export interface DrawnLine {
  element: SVGElement;
  tail: Box | undefined;
  head: Box | undefined;
}
/** A box or a frame where it stands; `closed` where it shows nothing of what is inside. Of a large picture only what is seen has an element. */
export interface Drawn {
  pane: Pane;
  element: SVGElement | undefined;
  what: Box | Frame;
  key: string;
  rect: Rect;
  closed: boolean;
}
/** Who selects: a line of the source, a row of the costs, the memory's curve, the search, a change, a box of the picture, or a link. */
export type Selector = "line" | "row" | "memory" | "search" | "change" | "box" | "link" | "nobody";
export interface Selection {
  nodes: Set<number>;
  by: Selector;
  /** Number of the place in the sources that was meant, if one was. */
  place: number | undefined;
}
