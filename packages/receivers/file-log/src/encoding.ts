/** How the bytes of a file become text. */
export interface Encoding {
  /** Bytes of a unit: line ends stand at multiples of it. */
  readonly unit: 1 | 2;
  readonly newline: Buffer;
  decode(bytes: Buffer, start: number, end: number): string;
  /** The last place at or before `end` where no character is cut in two. */
  boundary(bytes: Buffer, end: number): number;
  /** Bytes for regular expressions: a text with one character for each unit, and the pattern for it. */
  searchText(bytes: Buffer): string;
  searchPattern(pattern: string): string;
}

const whole = (_bytes: Buffer, end: number): number => end;

const bytewise = {
  unit: 1,
  newline: Buffer.from('\n'),
  boundary: whole,
  searchText: (bytes: Buffer) => bytes.toString('latin1'),
  searchPattern: (pattern: string) => Buffer.from(pattern).toString('latin1'),
} as const;

const utf8: Encoding = {
  ...bytewise,
  decode: (bytes, start, end) => bytes.toString('utf8', start, end),
  boundary(bytes, end) {
    let at = end;
    while (at > end - 3 && at > 0 && (bytes[at]! & 0xc0) === 0x80) at--;
    return at;
  },
};

const latin1: Encoding = {
  ...bytewise,
  decode: (bytes, start, end) => bytes.toString('latin1', start, end),
  searchPattern: (pattern) => pattern,
};

const utf16 = (order: 'le' | 'be'): Encoding => {
  const decode = (bytes: Buffer, start: number, end: number): string =>
    order === 'le'
      ? bytes.toString('utf16le', start, end)
      : Buffer.from(bytes.subarray(start, end - ((end - start) % 2)))
          .swap16()
          .toString('utf16le');
  return {
    unit: 2,
    newline: Buffer.from(order === 'le' ? [10, 0] : [0, 10]),
    decode,
    boundary: (_bytes, end) => end - (end % 2),
    searchText: (bytes) => decode(bytes, 0, bytes.length),
    searchPattern: (pattern) => pattern,
  };
};

/** Undefined for an encoding that there is not. */
export function encodingNamed(name: string): Encoding | undefined {
  switch (name.toLowerCase()) {
    case 'utf-8':
    case 'utf8':
    case 'utf-8-raw':
      return utf8;
    case 'nop':
      return { ...latin1 };
    case 'latin1':
    case 'iso-8859-1':
      return latin1;
    case 'utf-16':
    case 'utf16':
    case 'utf-16le':
      return utf16('le');
    case 'utf-16be':
      return utf16('be');
    default:
  }
  try {
    const decoder = new TextDecoder(name, { ignoreBOM: true });
    return { ...bytewise, decode: (bytes, start, end) => decoder.decode(bytes.subarray(start, end)) };
  } catch {
    return undefined;
  }
}
