import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Batch } from '@millrace/core';
import { logsBatch, resolveConfig } from '@millrace/core';
import { testContext } from '@millrace/core/testing';
import { afterEach, beforeEach } from 'vitest';
import definition from '../src/index.ts';

/** A new one for each test. */
export let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-file-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** A path in the directory. */
export const at = (...names: string[]): string => join(directory, ...names);
export const deadline = (): AbortSignal => AbortSignal.timeout(5000);

export async function exporter(config: object, context = testContext()) {
  const resolved = resolveConfig(definition.config, { path: at('out.jsonl'), ...config } as never);
  const instance = definition.create(resolved as never, context);
  await instance.start!();
  return instance;
}

export const logs = (body: string, attributes: Record<string, string> = {}): Batch =>
  logsBatch([
    {
      resource: { attributes },
      scopeLogs: [{ scope: { name: 's' }, logRecords: [{ observedTime: [1, 2], body, attributes: { n: 2n ** 60n } }] }],
    },
  ]);

export const linesOf = async (path: string): Promise<string[]> =>
  (await readFile(path, 'utf8')).split('\n').slice(0, -1);

/** What stands after each length. */
export async function framesOf(path: string): Promise<Buffer[]> {
  const bytes = await readFile(path);
  const frames: Buffer[] = [];
  for (let from = 0; from < bytes.length; ) {
    const end = from + 4 + bytes.readUInt32BE(from);
    frames.push(bytes.subarray(from + 4, end));
    from = end;
  }
  return frames;
}
