import type { Batch } from '@millrace/core';
import { createCollector, createPlugins, resolveConfig } from '@millrace/core';
import { checkDefinition, frozenBatch, testContext } from '@millrace/core/testing';
import { describe, expect, test } from 'vitest';
import { join } from 'node:path';
import exporter from './index.ts';

const root = join(import.meta.dirname, '../../../..');
const config = resolveConfig(exporter.config, {});

describe('contract', () => {
  for (const { name, run } of checkDefinition(exporter)) test(name, run);
});

test('hands each batch to the extension, and waits until that has it', async () => {
  const taken: Batch[] = [];
  const kept = Promise.withResolvers<void>();
  const report = async (batch: Batch): Promise<void> => {
    await kept.promise;
    taken.push(batch);
  };
  const { consume } = exporter.create(config, testContext({ extension: () => ({ report }) }));
  const batch = frozenBatch();
  const consumed = consume(batch);
  await Promise.resolve();
  expect(taken).toEqual([]);
  kept.resolve();
  await consumed;
  expect(taken).toEqual([batch]);
});

test('what the extension rejects, it rejects', async () => {
  const full = new Error('the disk is full');
  const { consume } = exporter.create(
    config,
    testContext({ extension: () => ({ report: () => Promise.reject(full) }) }),
  );
  await expect(consume(frozenBatch())).rejects.toBe(full);
});

test('an extension that keeps no reports is told with the config', async () => {
  const wrong = {
    extensions: { health_check: { endpoint: 'localhost:0' } },
    receivers: { procfs: {} },
    exporters: { report_cache: { extension: 'health_check' } },
    service: {
      extensions: ['health_check'],
      pipelines: { metrics: { receivers: ['procfs'], exporters: ['report_cache'] } },
    },
  };
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const plugins = await createPlugins({ folders: [root] });
  expect(await plugins.find('extension', 'report_cache')).toBeDefined();
  await expect(createCollector(wrong, { folders: [root], log })).rejects.toThrow(
    'the extension health_check cannot keep reports',
  );
});
