import { execFileSync } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { PermanentError } from '@millrace/core';
import { batchFromJson } from '@millrace/otlp';
import { expect, test } from 'vitest';
import { at, deadline, directory, exporter, linesOf, logs } from '../testdata/writing.ts';

test('a full disk refuses, leaves no part of a record, and takes again when there is room', async ({ skip }) => {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', directory], { stdio: 'ignore' });
  } catch {
    console.warn('SKIPPED: no tmpfs can be mounted here, so a full disk was not tried.');
    skip('no tmpfs can be mounted');
  }
  try {
    await writeFile(at('ballast'), Buffer.alloc(512 * 1024));
    const one = await exporter({});
    const body = 'x'.repeat(30_000);
    let taken = 0;
    let refused: unknown;
    for (; refused === undefined; taken++) await one.consume(logs(body)).catch((error: unknown) => (refused = error));
    taken--;
    expect(refused).toMatchObject({ message: expect.stringContaining('ENOSPC') as string });
    expect(refused).not.toBeInstanceOf(PermanentError);
    expect(taken).toBeGreaterThan(5);
    const text = await readFile(at('out.jsonl'), 'utf8');
    expect(text.endsWith('}\n')).toBe(true);
    expect(text.split('\n').length - 1).toBe(taken);
    await rm(at('ballast'));
    await one.consume(logs(body));
    await one.shutdown!(deadline());
    const lines = await linesOf(at('out.jsonl'));
    expect(lines).toHaveLength(taken + 1);
    for (const line of lines) batchFromJson('logs', Buffer.from(line));
  } finally {
    execFileSync('umount', [directory]);
  }
});
