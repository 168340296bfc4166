const [quote, backslash] = [0x22, 0x5c];

/** Passes over a value that nobody wants, over as many chunks as it takes. Of what is in it, only the brackets are looked at. */
export interface Skip {
  /** Begins with the value's first byte already passed: a bracket, or the quote of a string. */
  begin(what: 'container' | 'string'): void;
  /** The place after the value; -1 if it goes on in the next chunk. */
  pass(chunk: Uint8Array, from: number): number;
}

export function createSkip(): Skip {
  let depth = 0;
  let inString = false;
  let escaped = false;

  /** The place after the string that has begun; -1 if it goes on. */
  function passString(chunk: Uint8Array, from: number): number {
    let at = from;
    if (escaped && at < chunk.length) {
      escaped = false;
      at++;
    }
    for (const { length } = chunk; at < length; at++) {
      const byte = chunk[at];
      if (byte === quote) {
        inString = false;
        return at + 1;
      }
      if (byte === backslash && ++at === length) escaped = true;
    }
    return -1;
  }

  return {
    begin(what) {
      depth = what === 'container' ? 1 : 0;
      inString = what === 'string';
      escaped = false;
    },
    pass(chunk, from) {
      let at = from;
      for (const { length } = chunk; at < length; ) {
        if (inString) {
          at = passString(chunk, at);
          if (at < 0) return -1;
          if (depth === 0) return at;
          continue;
        }
        const byte = chunk[at++]!;
        if (byte === quote) inString = true;
        // { and [, } and ]
        else if ((byte | 0x20) === 0x7b) depth++;
        else if ((byte | 0x20) === 0x7d && --depth === 0) return at;
      }
      return -1;
    },
  };
}
