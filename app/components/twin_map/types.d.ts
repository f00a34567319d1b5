// The messages of twin_map/__init__.py, and what its parts hand around.
import type { ArrowColumn, Atlas, Field, Positions } from "../common/types.d.ts";

export interface Arm {
  name: string;
  caption: string;
}

/** A query placed approximately; null: not on that map. */
export interface QueryMark {
  label: string;
  /** For each arm. */
  places: ([number, number] | null)[];
}

export interface PlacedQuery {
  label: string;
  at: [number, number] | null;
}

/** What to show: everything but the points themselves. */
export interface View {
  role: "view";
  version: string;
  idsVersion: string;
  arms: Arm[];
  single: boolean;
  /** Name of the continuous field whose histogram is shown. */
  strip: string | null;
  fields: Field[];
  colour: string | null;
  /** Mask of what is selected; null: left to the user. */
  selected: string | null;
  /** How often Python asked for a selection that was not the user's already. */
  asked: number;
  /** Id of the item chosen. */
  focus: number | null;
  queries: QueryMark[];
  atlas: Atlas | null;
  /** A length of CSS. */
  height: string;
}

/** The points as they arrive from Python, decoded. */
export interface Points {
  n: number;
  ids: ArrayLike<number>;
  /** id -> row */
  rows: Map<number, number>;
  slots: ArrayLike<number> | null;
  names: ArrowColumn | null;
  /** For each arm. */
  maps: Positions[];
  column(name: string): ArrayLike<number>;
}

/** How a selection changes the one before it. */
export type SelectMode = "add" | "replace";

export type Tool = "pan" | "lasso" | "box";

export type Corner = [number, number];

/** The part of a map that is shown: its middle, 0 to 1 along both axes of the whole, and the magnification. */
export interface Part {
  x: number;
  y: number;
  zoom: number;
}
