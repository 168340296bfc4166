import { ascii, nextLine, parseNumber, startsWith } from './bytes.ts';

/** NaN where the text lacks them. */
export interface Status {
  /** The effective user, as ps shows it. */
  userId: number;
  voluntarySwitches: number;
  involuntarySwitches: number;
}

const uid = ascii('Uid:');
const voluntary = ascii('voluntary_ctxt_switches:');
const involuntary = ascii('nonvoluntary_ctxt_switches:');

/** proc_pid_status(5). The name in it has its newlines escaped, so a line is a line. */
export function parseStatus(bytes: Uint8Array, length: number): Status {
  const status = { userId: Number.NaN, voluntarySwitches: Number.NaN, involuntarySwitches: Number.NaN };
  for (let at = 0; at < length; at = nextLine(bytes, at, length)) {
    if (startsWith(bytes, at, uid)) {
      // real, effective, saved, filesystem
      let effective = at + uid.length + 1;
      while (effective < length && bytes[effective] !== 0x09 && bytes[effective] !== 0x0a) effective++;
      status.userId = parseNumber(bytes, effective, length);
    } else if (startsWith(bytes, at, voluntary)) {
      status.voluntarySwitches = parseNumber(bytes, at + voluntary.length, length);
    } else if (startsWith(bytes, at, involuntary)) {
      status.involuntarySwitches = parseNumber(bytes, at + involuntary.length, length);
    }
  }
  return status;
}
