import { viewOf } from './bytes.ts';
import { PageError } from './error.ts';

const excerptLength = 120;

/** Where in the bytes a page is being read. Lines are whole: each ends with a line feed before the end of the bytes. */
export class Cursor {
  bytes: Buffer = Buffer.alloc(0);
  /** Of the same bytes. */
  view = viewOf(this.bytes);
  /** The next byte to read. */
  at = 0;
  /** Behind the last line. */
  end = 0;
  lineStart = 0;
  /** From 1. */
  line = 0;

  /** What is wrong where the cursor is: `expected a label name, got "="`. */
  expected(what: string): PageError {
    const byte = this.bytes[this.at];
    const got = byte === undefined || byte === 10 ? 'the end of the line' : JSON.stringify(this.#character());
    return this.error(`expected ${what}, got ${got}`);
  }

  error(message: string, kind: PageError['kind'] = 'syntax'): PageError {
    return new PageError(message, { kind, line: this.line, excerpt: excerptOf(this.bytes.subarray(this.lineStart)) });
  }

  #character(): string {
    return String.fromCodePoint(this.bytes.toString('utf8', this.at, this.at + 4).codePointAt(0) ?? 0);
  }
}

export function excerptOf(bytes: Buffer): string {
  const end = bytes.indexOf(10);
  const line = bytes.toString('utf8', 0, Math.min(end < 0 ? bytes.length : end, excerptLength * 4));
  return line.length > excerptLength ? `${line.slice(0, excerptLength)}…` : line;
}

export const newline = 10;
export const space = 32;
export const tab = 9;
export const quote = 34;
export const hash = 35;
export const comma = 44;
export const equals = 61;
export const backslash = 92;
export const openBrace = 123;
export const closeBrace = 125;

export const isBlank = (byte: number): boolean => byte === space || byte === tab;

/** In the text format any run of spaces and tabs may stand between two things. */
export function skipBlanks(cursor: Cursor): void {
  const { bytes } = cursor;
  let { at } = cursor;
  while (isBlank(bytes[at]!)) at++;
  cursor.at = at;
}

const nameByte = new Uint8Array(256);
for (const byte of Buffer.from('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_')) nameByte[byte] = 3;
for (const byte of Buffer.from('0123456789')) nameByte[byte] = 2;
/** Only in the names of metrics. */
nameByte[58] = 4;

/** Whether a name of a metric may have it, and begin with it. */
export const isNameByte = (byte: number): boolean => nameByte[byte] !== 0;
export const isNameStart = (byte: number): boolean => nameByte[byte]! > 2;
export const isLabelByte = (byte: number): boolean => (nameByte[byte]! & 2) !== 0;
export const isLabelStart = (byte: number): boolean => nameByte[byte] === 3;
