/** 0 to 9 for a digit's byte, -1 for any other. */
export const digit = (byte: number | undefined): number =>
  byte !== undefined && byte >= 0x30 && byte <= 0x39 ? byte - 0x30 : -1;

/** The unsigned number after blanks from `at` on; NaN where there is none. */
export function parseNumber(bytes: Uint8Array, at: number, length: number): number {
  while (at < length && (bytes[at] === 0x20 || bytes[at] === 0x09)) at++;
  let d = at < length ? digit(bytes[at]) : -1;
  if (d < 0) return Number.NaN;
  let value = 0;
  for (; d >= 0; d = ++at < length ? digit(bytes[at]) : -1) value = value * 10 + d;
  return value;
}

export function startsWith(bytes: Uint8Array, at: number, prefix: Uint8Array): boolean {
  for (let i = 0; i < prefix.length; i++) if (bytes[at + i] !== prefix[i]) return false;
  return true;
}

/** Where the next line starts; `length` after the last. */
export function nextLine(bytes: Uint8Array, at: number, length: number): number {
  while (at < length && bytes[at] !== 0x0a) at++;
  return Math.min(at + 1, length);
}

export const ascii = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
