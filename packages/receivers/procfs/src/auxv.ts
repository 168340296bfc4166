import { readFileSync } from 'node:fs';
import { endianness } from 'node:os';
import { PermanentError, toError } from '@millrace/core';

/** The two constants of the running kernel that `/proc/<pid>/stat` counts in. */
export interface KernelUnits {
  /** Bytes of a page: `rss` counts pages. */
  readonly pageSize: number;
  /** Ticks a second (USER_HZ): CPU and start times count ticks. */
  readonly ticksPerSecond: number;
}

// getauxval(3), from <linux/auxvec.h>.
const pageSizeTag = 6;
const clockTicksTag = 17;
const wordBytes = process.arch === 'arm' || process.arch === 'ia32' ? 4 : 8;

/** proc_pid_auxv(5): pairs of machine words, tag and value. */
export function parseAuxv(bytes: Uint8Array): Partial<KernelUnits> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = endianness() === 'LE';
  const units: { pageSize?: number; ticksPerSecond?: number } = {};
  const word = (at: number): number =>
    wordBytes === 8 ? Number(view.getBigUint64(at, little)) : view.getUint32(at, little);
  for (let at = 0; at + 2 * wordBytes <= bytes.length; at += 2 * wordBytes) {
    const tag = word(at);
    const value = word(at + wordBytes);
    if (tag === pageSizeTag && value > 0) units.pageSize = value;
    if (tag === clockTicksTag && value > 0) units.ticksPerSecond = value;
  }
  return units;
}

export function readKernelUnits(): KernelUnits {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync('/proc/self/auxv');
  } catch (error) {
    throw new PermanentError(
      `The page size and the clock rate cannot be read from /proc/self/auxv: ${toError(error).message}`,
    );
  }
  const { pageSize, ticksPerSecond } = parseAuxv(bytes);
  if (!pageSize || !ticksPerSecond)
    throw new PermanentError('/proc/self/auxv does not tell the page size (AT_PAGESZ) and the clock rate (AT_CLKTCK).');
  return { pageSize, ticksPerSecond };
}
