const [quote, backslash] = [0x22, 0x5c];

/** What is longer is left out: a job may tell of a statement of megabytes. */
const maxBytes = 64 * 1024;

/** The bytes of a string, or of a number, over as many chunks as they take. */
export interface Text {
  readonly isEmpty: boolean;
  add(chunk: Uint8Array, from: number, to: number): void;
  /** Adds up to the end of a string, and returns the place after its quote; -1 if it goes on in the next chunk. */
  readString(chunk: Uint8Array, from: number): number;
  /** What was added, as text, and begins anew. Undefined if it was too long. */
  take(): string | undefined;
}

export function createText(): Text {
  let pieces: Uint8Array[] = [];
  let bytes = 0;
  let escaped = false;

  function add(chunk: Uint8Array, from: number, to: number): void {
    if (from === to) return;
    bytes += to - from;
    // A copy: the chunk is not ours.
    if (bytes <= maxBytes) pieces.push(chunk.slice(from, to));
    else pieces = [];
  }

  return {
    get isEmpty() {
      return bytes === 0;
    },
    add,
    readString(chunk, from) {
      for (let at = from; at < chunk.length; at++) {
        const byte = chunk[at];
        if (escaped) escaped = false;
        else if (byte === backslash) escaped = true;
        else if (byte === quote) {
          add(chunk, from, at);
          return at + 1;
        }
      }
      add(chunk, from, chunk.length);
      return -1;
    },
    take() {
      const text = bytes > maxBytes ? undefined : Buffer.concat(pieces).toString();
      pieces = [];
      bytes = 0;
      return text;
    },
  };
}
