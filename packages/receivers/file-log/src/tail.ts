import type { Attributes } from '@millrace/core';
import type { Chain, Range } from '@millrace/log-operators';
import type { Found } from './find.ts';
import type { Position } from './position.ts';
import type { Source } from './source.ts';

/** A file that is read. */
export interface Tail {
  found: Found;
  position: Position;
  source: Source | undefined;
  /** What its records have in common. */
  attributes: Attributes;
  readonly chain: Chain;
  /** Records that an earlier run read and did not hand on: they come first. */
  replay: readonly Range[];
  /** The size and time of change when there was nothing more to read. */
  seen: { readonly size: number; readonly modified: number } | undefined;
  /** There is a record that may not be whole. */
  hasRest: boolean;
  /** When there was something new the last time; milliseconds since the epoch. */
  grewAt: number;
  /** Since when no pattern finds it. It is read to its end. */
  goneSince: number | undefined;
  /** The path that it had before it was renamed. */
  formerPath: string | undefined;
  /** Bytes that the next record may need. */
  window: number;
  /** Its first bytes are all in the position's head. */
  isHeadFull: boolean;
  isDeleted: boolean;
}
