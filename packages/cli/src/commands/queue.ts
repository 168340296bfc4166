import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describeError } from '@millrace/core';
import { out, say } from '../environment.ts';
import { exitCode } from '../exit-code.ts';
import type { CommandAction } from './index.ts';

const offline = () => import('@millrace/extension-file-storage/offline');

/** `millrace queue inspect <directory…>`: what is waiting, and what is damaged. Changes nothing. */
export const inspect: CommandAction = async (directories) => {
  const { inspect: look } = await offline();
  let damaged = false;
  for (const directory of await queuesIn(directories)) {
    const { waiting, acknowledged, segments, badBytes, aside } = await look(directory);
    out(directory);
    out(`  waiting       ${waiting.records} batches, ${waiting.items} items, ${waiting.bytes} bytes`);
    out(`  acknowledged  ${acknowledged} batches whose place was not given back yet`);
    out(
      `  on disk       ${segments.length} segments, ${segments.reduce((sum, { fileBytes }) => sum + fileBytes, 0)} bytes`,
    );
    for (const { path, bad, error } of segments) {
      if (error !== undefined) out(`  unreadable    ${path}: ${describeError(error)}`);
      for (const { offset, end, reason } of bad) out(`  damaged       ${path}: bytes ${offset} to ${end}: ${reason}`);
    }
    for (const path of aside) out(`  put aside     ${path}: nothing of it could be read`);
    damaged ||= badBytes > 0 || segments.some(({ error }) => error !== undefined);
  }
  if (damaged) say('Damaged bytes are skipped when the queue is read; `millrace queue repair` removes them.');
  return exitCode.done;
};

/** `millrace queue export <directory…>`: what is waiting as OTLP/JSON, a request a line. Changes nothing. */
export const exportQueue: CommandAction = async (directories) => {
  const { readStored, toJson } = await offline();
  for (const directory of await queuesIn(directories))
    for await (const { batch } of readStored(directory)) {
      if (batch) out(toJson(batch));
    }
  return exitCode.done;
};

/** `millrace queue repair <directory…>`: takes out what cannot be read. The collector must not be running. */
export const repair: CommandAction = async (directories) => {
  const { repair: mend } = await offline();
  for (const directory of await queuesIn(directories)) {
    const done = await mend(directory);
    if (done.length === 0) out(`${directory}: nothing is damaged`);
    for (const { path, action, records, badBytes, error } of done)
      out(
        `${path}: ${outcomes[action]}, ${records} batches kept, ${badBytes} bytes lost${error ? `: ${describeError(error)}` : ''}`,
      );
  }
  return exitCode.done;
};

const outcomes = {
  rewritten: 'written anew',
  removed: 'removed, since nothing in it waits',
  aside: 'put aside, since nothing of it can be read',
  failed: 'left as it is',
} as const;

/** A directory of `file_storage` has a folder for each queue; one of those may be named too. */
async function queuesIn(directories: readonly string[]): Promise<string[]> {
  const { isQueue } = await offline();
  const found: string[] = [];
  for (const directory of directories.map((one) => resolve(one))) {
    if (await isQueue(directory)) {
      found.push(directory);
      continue;
    }
    const entries = await readdir(directory, { withFileTypes: true });
    for (const entry of entries.filter((one) => one.isDirectory())) {
      const path = join(directory, entry.name);
      if (await isQueue(path)) found.push(path);
    }
  }
  if (found.length === 0) say(`There is no queue in ${directories.join(', ')}.`);
  return found;
}
