import { join } from 'node:path';
import type { Attributes, MetricData, ResourceMetrics } from '@millrace/core';
import { loadConfig, resolveConfig } from '@millrace/core';
import { render } from '@millrace/core/testing';
import { describe, expect, it } from 'vitest';
import type { Input } from '../testdata/renaming.ts';
import { entity, metric, start } from '../testdata/renaming.ts';
import rename from './index.ts';

describe('the names of other systems', () => {
  const counts = (name: string, attribute: string, unit: string, ...values: string[]): MetricData =>
    metric(name, 'counter', unit, ...values.map((value, index) => [{ [attribute]: value }, index + 1] as const));

  const group = (prefix: string): MetricData[] => [
    metric(`${prefix}.size`, 'up_down_counter', '{process}', [{}, 3]),
    counts(`${prefix}.cpu.time`, 'cpu.mode', 's', 'user', 'system'),
    counts(`${prefix}.disk.io`, 'disk.io.direction', 'By', 'read', 'write'),
    counts(`${prefix}.paging.faults`, 'system.paging.fault.type', '{fault}', 'major', 'minor'),
    counts(`${prefix}.context_switches`, 'process.context_switch.type', '{context_switch}', 'voluntary', 'involuntary'),
    ...['usage', 'virtual', 'swap', 'pss', 'uss'].map((name, index) =>
      metric(`${prefix}.memory.${name}`, 'up_down_counter', 'By', [{}, 1000 + index]),
    ),
    metric(`${prefix}.unix.file_descriptor.count`, 'up_down_counter', '{file_descriptor}', [{}, 12]),
    metric(`${prefix}.unix.file_descriptor.utilization`, 'gauge', '1', [{}, 0.25]),
    metric(`${prefix}.oldest_start_time`, 'gauge', 's', [{}, 1_700_000_000]),
    metric(`${prefix}.thread.count`, 'up_down_counter', '{thread}', [{}, 9]),
    metric(
      `${prefix}.state`,
      'gauge',
      '{process}',
      ...['running', 'sleeping', 'disk_sleep', 'zombie', 'stopped', 'idle'].map(
        (state, index) => [{ 'process.state': state }, index + 1] as const,
      ),
    ),
  ];

  const processMetrics: MetricData[] = [
    ...['usage', 'pss', 'uss'].map((name, index) =>
      metric(`process.memory.${name}`, 'up_down_counter', 'By', [{}, 100 + index]),
    ),
    counts('process.cpu.time', 'cpu.mode', 's', 'user', 'system'),
    counts('process.disk.io', 'disk.io.direction', 'By', 'read', 'write'),
    ...['memory.usage', 'memory.pss', 'memory.uss', 'cpu.time'].map((name, index) =>
      metric(`process.${name}.percent_of_group`, 'gauge', '%', [{}, 40 + index]),
    ),
    metric('process.cpu.utilization', 'gauge', '1', [{ 'cpu.mode': 'user' }, 0.5], [{ 'cpu.mode': 'system' }, 0.25]),
  ];

  const ofGroup = entity({ 'process.group': 'web', 'process.subgroup': 'nginx' }, ...group('process.group'));
  const ofProcess = (pid: number, more: Attributes): ResourceMetrics =>
    entity(
      {
        'process.pid': pid,
        'process.executable.name': 'nginx',
        'process.creation.time': `2026-01-0${pid}`,
        'process.group': 'web',
        'process.subgroup': 'nginx',
        ...more,
      },
      ...processMetrics,
    );

  it.each([
    ['process-exporter.yaml', 'rename/process-exporter', 'process-exporter.txt'],
    ['herakles.yaml', 'rename/herakles-a', 'herakles-a.txt'],
    ['herakles.yaml', 'rename/herakles-m', 'herakles-m.txt'],
  ])('%s, %s', async (file, id, golden) => {
    const { value } = await loadConfig([join(import.meta.dirname, '../../../../pipelines', file)]);
    const input = (value as { processors: Record<string, Input> }).processors[id]!;
    expect(rename.check?.(resolveConfig(rename.config, input))).toEqual([]);
    const { map, dropped } = start(input);
    const batch = await map(ofGroup, ofProcess(1, { 'topn.rank': '1' }), ofProcess(2, {}));
    await expect(render(batch)).toMatchFileSnapshot(`../testdata/${golden}`);
    expect(dropped).not.toHaveProperty('rename_conflict');
    for (const { scopeMetrics } of batch.resourceMetrics) {
      const names = scopeMetrics.flatMap(({ metrics }) => metrics.map(({ descriptor }) => descriptor.name));
      expect(new Set(names).size).toBe(names.length);
    }
  });
});
