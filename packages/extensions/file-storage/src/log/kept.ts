import { frameSize } from './frame.ts';
import type { Draft } from './writer.ts';

/** A record that was appended a moment ago, as it was given. */
export interface Kept {
  readonly draft: Draft;
  readonly end: number;
}

/** Records that need not be read back, since what they were made of is still at hand. */
export interface KeptRecords {
  add(place: { readonly segment: number; readonly offset: number }, draft: Draft): void;
  /** Gives out the record at a place, if it was kept. */
  take(place: { readonly segment: number; readonly offset: number }): Kept | undefined;
  /** Those of this segment are not read any more. */
  forget(segment: number): void;
}

/** Keeps up to so many bytes: the oldest, which are read first. */
export function keptRecords(maxBytes: number): KeptRecords {
  const bySegment = new Map<number, Map<number, Kept>>();
  let bytes = 0;
  return {
    add({ segment, offset }, draft) {
      if (draft.keep === undefined || bytes + draft.length > maxBytes) return;
      let records = bySegment.get(segment);
      if (!records) bySegment.set(segment, (records = new Map()));
      records.set(offset, { draft, end: offset + frameSize + draft.length });
      bytes += draft.length;
    },
    take({ segment, offset }) {
      const records = bySegment.get(segment);
      const kept = records?.get(offset);
      if (!kept) return undefined;
      records!.delete(offset);
      bytes -= kept.draft.length;
      return kept;
    },
    forget(segment) {
      for (const { draft } of bySegment.get(segment)?.values() ?? []) bytes -= draft.length;
      bySegment.delete(segment);
    },
  };
}
