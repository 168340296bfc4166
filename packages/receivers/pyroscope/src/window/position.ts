import type { Storage } from '@millrace/core';
import { describeError } from '@millrace/core';
import type { Window } from '@millrace/pyroscope-client';

/** How far a query has been pulled; milliseconds since the epoch. */
export interface Position {
  /** Where the next window begins. */
  readonly nextMs: number;
  /**
   * The window that is being handed on, and when it was pulled first. It is stored before, so that after a crash the same
   * window comes again, under the same number, even if the config has another `window` then.
   */
  readonly handing?: { readonly endMs: number; readonly pulledMs: number } | undefined;
}

export interface PositionStore {
  /** Undefined if the query was never pulled. */
  load(): Promise<Position | undefined>;
  save(position: Position): Promise<void>;
}

export function positionStore(storage: Storage, key: string): PositionStore {
  return {
    async load() {
      try {
        const bytes = await storage.get(key);
        return bytes && checked(JSON.parse(Buffer.from(bytes).toString()) as Partial<Position>);
      } catch (error) {
        throw new Error(`The position cannot be read from storage: ${describeError(error)}`, { cause: error });
      }
    },
    save: (position) => storage.set(key, Buffer.from(JSON.stringify(position))),
  };
}

function checked(position: Partial<Position>): Position {
  if (!Number.isSafeInteger(position.nextMs)) throw new Error('It has no time.');
  return position as Position;
}

/** The window that begins there. It ends on the grid of its size, so after another size was configured the first is shorter. */
export function windowFrom({ nextMs, handing }: Position, sizeMs: number): Window {
  const endMs = handing?.endMs ?? floorTo(nextMs, sizeMs) + sizeMs;
  return { startMs: nextMs, endMs };
}

export const floorTo = (timeMs: number, sizeMs: number): number => Math.floor(timeMs / sizeMs) * sizeMs;
