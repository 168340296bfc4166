// Writes records from four lanes without an end, and prints each that is acknowledged: for who ends the process.
import { writeSync } from 'node:fs';
import { logsBatch, resolveConfig } from '@millrace/core';
import { testContext } from '@millrace/core/testing';
import definition from '../src/index.ts';

const [path, round] = process.argv.slice(2) as [string, string];
const out = definition.create(resolveConfig(definition.config, { path, append: true }), testContext());
await out.start!();

const record = (body: string) => ({ observedTime: [1, 0] as const, body, attributes: {} });

async function write(lane: number): Promise<void> {
  for (let index = 0; ; index++) {
    const body = `${round}-${lane}-${index}`;
    const logRecords = [record(body), record('x'.repeat((index * 7919) % 20_000))];
    await out.consume(logsBatch([{ resource: { attributes: {} }, scopeLogs: [{ scope: { name: '' }, logRecords }] }]));
    writeSync(1, `${body}\n`);
  }
}

await Promise.all([0, 1, 2, 3].map(write));
