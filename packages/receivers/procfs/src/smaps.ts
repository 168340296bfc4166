import { ascii, parseNumber, startsWith } from './bytes.ts';

/** Sums over a process' mappings, in kB (1024 bytes) as the kernel prints them. */
export interface SmapsTotals {
  rss: number;
  pss: number;
  /** Private_Clean + Private_Dirty, without Private_Hugetlb: as smem has it. */
  uss: number;
  swap: number;
  /** Lines that were understood: 0 for a process without memory. */
  lines: number;
}

export const emptyTotals = (): SmapsTotals => ({ rss: 0, pss: 0, uss: 0, swap: 0, lines: 0 });

const rss = ascii('Rss:');
const pss = ascii('Pss:');
const privateClean = ascii('Private_Clean:');
const privateDirty = ascii('Private_Dirty:');
const swap = ascii('Swap:');
const [R, P, S, newline] = [0x52, 0x50, 0x53, 0x0a];

/**
 * proc_pid_smaps(5); smaps_rollup has the same lines once. Adds up the whole lines and returns how many bytes they were, so
 * that a long smaps can be read piece by piece. A mapping's own first line begins with an address, never with a name.
 */
export function addSmaps(bytes: Uint8Array, length: number, totals: SmapsTotals): number {
  let at = 0;
  for (;;) {
    let end = at;
    while (end < length && bytes[end] !== newline) end++;
    if (end >= length) return at;
    const first = bytes[at];
    if (first === R) {
      if (startsWith(bytes, at, rss)) add(totals, 'rss', parseNumber(bytes, at + rss.length, end));
    } else if (first === P) {
      if (startsWith(bytes, at, pss)) add(totals, 'pss', parseNumber(bytes, at + pss.length, end));
      else if (startsWith(bytes, at, privateClean))
        add(totals, 'uss', parseNumber(bytes, at + privateClean.length, end));
      else if (startsWith(bytes, at, privateDirty))
        add(totals, 'uss', parseNumber(bytes, at + privateDirty.length, end));
    } else if (first === S && startsWith(bytes, at, swap)) {
      add(totals, 'swap', parseNumber(bytes, at + swap.length, end));
    }
    at = end + 1;
  }
}

function add(totals: SmapsTotals, key: 'rss' | 'pss' | 'uss' | 'swap', kilobytes: number): void {
  if (Number.isNaN(kilobytes)) return;
  totals[key] += kilobytes;
  totals.lines++;
}
