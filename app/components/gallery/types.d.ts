// The message of gallery/__init__.py.
import type { Atlas } from "../common/types.d.ts";

/** An item that is a neighbour. */
export interface Hit {
  id: number;
  rank: number;
  distance: number;
  name: string | null;
  label: string;
  sublabel: string | null;
  subcluster: string | null;
  /** Address; null: the picture is in the atlas. */
  image: string | null;
  /** In the atlas; -1: none. */
  slot: number;
  /** null: not known. */
  sameClass: boolean | null;
  sameMode: boolean | null;
  /** Whether another arm's ranking is known. */
  compared: boolean;
  /** null: not among the other arm's neighbours. */
  otherRank: number | null;
}

export interface Query {
  title: string;
  id: number | null;
  label: string | null;
  sublabel: string | null;
  image: string | null;
  slot: number;
}

export interface Arm {
  name: string;
  note: string;
  /** Whether the query is far from everything here. */
  far: boolean;
  otherName: string | null;
  /** Nearest first; null: still loading. */
  hits: Hit[] | null;
}

export interface Data {
  query: Query | null;
  arms: Arm[];
  atlas: Atlas | null;
}
