import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DataPoint, metricsBatch, resolveConfig } from '@millrace/core';
import { render } from '@millrace/core/testing';
import type { Config } from '../src/config.ts';
import definition from '../src/index.ts';
import { createReading } from '../src/reading.ts';

export const recorded = (name: string): string => readFileSync(join(import.meta.dirname, name), 'utf8');

export const resolved = (config: object): Config =>
  resolveConfig(definition.config, { source: { path: 'x' }, ...config } as never) as Config;

/** What a config makes of texts, one after the other, without its own metrics. */
export function reading(config: object) {
  const { read } = createReading(resolved(config), 'table/test');
  let seconds = 1_000;
  return (text: string) => {
    const { resourceMetrics, faults } = read(text, [(seconds += 10), 0]);
    const lines = render(metricsBatch([resourceMetrics]))
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('table.'));
    const points = resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics.flatMap(({ dataPoints }) => dataPoints as readonly DataPoint<unknown>[]));
    return { lines, faults, points, text: `${lines.join('\n')}\n` };
  };
}

export const leveldb = {
  format: { header: '^\\s*Level\\s+Files' },
  metrics: [
    { name: 'leveldb.files', column: 'Files', unit: '{file}', attributes: { level: 'Level' } },
    { name: 'leveldb.size', column: 'Size(MB)', unit: 'By', scale: 'MiB', attributes: { level: 'Level' } },
    { name: 'leveldb.compaction.time', column: 'Time(sec)', unit: 's', type: 'counter', attributes: { level: 'Level' } },
    {
      name: 'leveldb.compaction.io',
      column: 'Read(MB)',
      unit: 'By',
      scale: 'MiB',
      type: 'counter',
      attributes: { level: 'Level' },
      static_attributes: { 'disk.io.direction': 'read' },
    },
    {
      name: 'leveldb.compaction.io',
      column: 'Write(MB)',
      unit: 'By',
      scale: 'MiB',
      type: 'counter',
      attributes: { level: 'Level' },
      static_attributes: { 'disk.io.direction': 'write' },
    },
  ],
} as const;

export const transactionData = {
  format: leveldb.format,
  metrics: [
    ...leveldb.metrics,
    { name: 'leveldb.memory', json_path: 'level_db_approx_mem_size', unit: 'By' },
    { name: 'resilientdb.cache.hit_ratio', json_path: 'ext_cache_hit_ratio', value_type: 'double', unit: '1' },
    { name: 'process.memory.usage', json_path: 'resident_set_size', unit: 'By', scale: 'KiB' },
    { name: 'process.memory.usage.max', json_path: 'max_resident_set_size', unit: 'By', scale: 'KiB' },
  ],
} as const;
