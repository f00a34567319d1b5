// What Python sends and what several components hand around.

/** A column of an Arrow table, as Streamlit decodes it; only what is used here. */
export interface ArrowColumn {
  toArray(): ArrayLike<number>;
  get(row: number): unknown;
}

export interface ArrowTable {
  getChild(name: string): ArrowColumn | null;
}

/** Sprite sheets of thumbnails; see app/components/atlas.py. */
export interface Atlas {
  url: string;
  /** Where in the file each sheet ends, in bytes. */
  ends: number[];
  mimetype: string;
  /** Width and height of a thumbnail in pixels. */
  tile: [number, number];
  columns: number;
  perSheet: number;
}

export interface CategoricalField {
  kind: "categorical";
  name: string;
  title: string;
  /** Names of the columns that hold the codes (-1: unknown): one for all arms, or one for each. */
  columns: string[];
  categories: string[];
  colours?: Record<string, string>;
}

export interface ContinuousField {
  kind: "continuous";
  name: string;
  title: string;
  /** Names of the columns that hold the values (NaN: unknown). */
  columns: string[];
  limits: [number, number];
  note: string;
}

export type Field = CategoricalField | ContinuousField;

/** An entry of the legend. */
export interface Group {
  label: string;
  colour: string;
  /** Items in each arm. */
  counts: number[];
}

/** Legend groups and, for each code, the place of its group; the last entry is that of code -1. */
export interface Grouping {
  groups: Group[];
  groupOf: Int16Array;
  /** Categories that one group stands for together; 0: each has its own. */
  folded: number;
}

/** Where every item lies, in data units; NaN: nowhere. */
export interface Positions {
  x: Float32Array;
  y: Float32Array;
}

/** Items drawn alike: one CSS colour for each row, or one for all. */
export interface Layer {
  rows: number[];
  colours: string | string[];
  opacity: number;
  /** Pixels by which the dots' radius is larger than the others'. */
  grow: number;
}

/** What a map shows, as an exported figure needs it. */
export interface Drawing {
  name: string;
  layers: Layer[];
  position: Positions;
  /** Diameter of a dot in CSS pixels. */
  size: number;
  /** CSS pixels. */
  width: number;
  height: number;
  /** Data units to a CSS pixel. */
  scale: number;
  /** The range shown, in data units. */
  x0: number;
  x1: number;
  y0: number;
  y1: number;
  /** The points at twice their size on screen. */
  picture(): HTMLCanvasElement;
}

export interface Box {
  x0: number;
  x1: number;
  y0: number;
  y1: number;
}

/** What Streamlit calls a component with. */
export interface ComponentCall<Data> {
  data: Data;
  parentElement: HTMLElement;
  setStateValue(name: string, value: unknown): void;
  setTriggerValue(name: string, value: unknown): void;
}

export type Trigger = (name: string, value: unknown) => void;
