// The messages of playback/__init__.py, and what its parts hand around.
import type { ArrowColumn, ArrowTable, CategoricalField } from "../common/types.d.ts";

export interface Arm {
  name: string;
  /** Those kept, ascending. */
  epochs: number[];
  shares: (number | null)[];
  /** Whether the embedding has more than two dimensions. */
  projected: boolean;
}

export interface Measure {
  title: string;
  note: string;
  /** Arm -> [epoch, value], ascending. */
  lines: Record<string, [number, number][]>;
  digits: number;
  limits: [number, number] | null;
}

export interface PlacesMessage {
  role: "places";
  version: string;
  items: ArrowTable;
  places: ArrowTable;
}

export interface View {
  role: "view";
  version: string;
  arms: Arm[];
  fields: CategoricalField[];
  shown: number;
  total: number;
  measures: Measure[];
  colour: string | null;
  /** Epochs of the whole training, where it goes on. */
  epochs: number | null;
  follow: boolean;
  height: number;
}

export interface Frames {
  n: number;
  ids: ArrayLike<number>;
  names: ArrowColumn | null;
  column(name: string): ArrayLike<number>;
  /** x and y of every item, item by item, epoch by epoch, arm by arm. */
  places: Float32Array;
}

/** An arm's frames, and which of them is shown at each place of the slider. */
export interface Film extends Arm {
  frames: Float32Array[];
  at: number[];
}

/** Middle and half sides of a box. */
export interface Bounds {
  x: number;
  y: number;
  wide: number;
  tall: number;
}
