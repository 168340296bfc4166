import { writeFile } from 'node:fs/promises';
import { describeError } from '@millrace/core';
import type { ProfileOptions } from './options.ts';
import { ProfileProblem } from './problem.ts';

/** To the file that the flags name, or to standard output; it may be closed early, which ends the program. */
export async function write(text: string, { output }: ProfileOptions): Promise<void> {
  if (output === undefined || output === '-') {
    process.stdout.write(text);
    return;
  }
  try {
    await writeFile(output, text);
  } catch (error) {
    throw new ProfileProblem(`${output} cannot be written: ${describeError(error)}.`);
  }
}

/** Columns that there are: of a terminal its own, of a file or a pipe without end. */
export const columns = ({ output }: ProfileOptions): number =>
  output === undefined && process.stdout.isTTY ? process.stdout.columns || 80 : Number.POSITIVE_INFINITY;

/** Integers beyond 2^53 are texts. */
export const jsonOf = (value: unknown): string =>
  `${JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? String(one) : one), 2)}\n`;
