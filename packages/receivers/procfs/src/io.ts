import { ascii, nextLine, parseNumber, startsWith } from './bytes.ts';

/** Bytes that reached, or were fetched from, the storage layer. NaN where the text lacks them. */
export interface Io {
  readBytes: number;
  writeBytes: number;
}

const readBytes = ascii('read_bytes:');
const writeBytes = ascii('write_bytes:');

/** proc_pid_io(5). */
export function parseIo(bytes: Uint8Array, length: number, into: Io): void {
  into.readBytes = Number.NaN;
  into.writeBytes = Number.NaN;
  for (let at = 0; at < length; at = nextLine(bytes, at, length)) {
    if (startsWith(bytes, at, readBytes)) into.readBytes = parseNumber(bytes, at + readBytes.length, length);
    else if (startsWith(bytes, at, writeBytes)) into.writeBytes = parseNumber(bytes, at + writeBytes.length, length);
  }
}
