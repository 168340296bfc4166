import { checksum, decodeFrame, frameSize, mark } from './frame.ts';
import type { Window } from './window.ts';

/** A sound record, from `offset` to `end` of its segment, frame included. */
export interface Found {
  readonly offset: number;
  readonly end: number;
  readonly items: number;
  readonly bytes: Buffer;
}

/** Bytes from which nothing could be read. */
export interface Bad {
  readonly offset: number;
  readonly end: number;
  readonly reason: 'damaged frame' | 'damaged payload' | 'cut short';
}

export interface Cursor {
  /** Where the next step begins. */
  readonly offset: number;
  seek(offset: number): void;
  /** The next record or the next bad stretch before `limit`; undefined when there is none. */
  next(limit: number): Promise<Found | Bad | undefined>;
}

/** Walks a segment. After bad bytes it goes on with the next sound frame, wherever that is. */
export function openCursor(
  window: Window,
  from: { readonly offset: number; readonly salt: number | undefined },
): Cursor {
  let { offset, salt } = from;

  async function next(limit: number): Promise<Found | Bad | undefined> {
    while (offset < limit) {
      const frame = decodeFrame(await window.view(offset, limit), 0, salt);
      if (frame?.kind !== 'record') {
        if (frame === undefined) return skip('damaged frame', limit);
        offset += frameSize;
        continue;
      }
      const end = offset + frameSize + frame.a;
      if (end > limit) return skip('cut short', limit);
      const bytes = await window.copy(offset + frameSize, frame.a);
      if (checksum([bytes]) !== frame.c) return skip('damaged payload', limit);
      salt ??= frame.salt;
      const found = { offset, end, items: frame.b, bytes };
      offset = end;
      return found;
    }
    return undefined;
  }

  async function skip(reason: Bad['reason'], limit: number): Promise<Bad> {
    const start = offset;
    offset = await findFrame(offset + 1, limit);
    return { offset: start, end: offset, reason: start + frameSize > limit ? 'cut short' : reason };
  }

  /** The offset of the first sound frame, or `limit`. */
  async function findFrame(from: number, limit: number): Promise<number> {
    let base = from;
    while (base + frameSize <= limit) {
      const view = await window.view(base, limit);
      for (let at = view.indexOf(mark); at !== -1; at = view.indexOf(mark, at + 1)) {
        if (decodeFrame(view, at, salt) !== undefined) return base + at;
      }
      base += view.length - frameSize + 1;
    }
    return limit;
  }

  return {
    get offset() {
      return offset;
    },
    seek(to) {
      offset = to;
    },
    next,
  };
}
