// For tests: a copy of a fixture tree that a test may change, and a scraper of it.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Collection, InputOf, MetricSettings } from '@millrace/core';
import { createScraper, metricsBatch, resolveConfig } from '@millrace/core';
import type { ManualClock, TestContext } from '@millrace/core/testing';
import { manualClock, render, testContext } from '@millrace/core/testing';
import procfs from '../index.ts';

export type Input = InputOf<typeof procfs.config>;

export interface Tree {
  readonly root: string;
  write(path: string, data: string | Uint8Array): void;
  /** Changes one numbered field of a process' stat (proc_pid_stat(5) counts from 1). */
  setStat(pid: number, field: number, value: string | number): void;
  remove(path: string): void;
}

export function copyOf(name: string): Tree & Disposable {
  const root = mkdtempSync(join(tmpdir(), 'procfs-'));
  cpSync(join(import.meta.dirname, name), root, { recursive: true, verbatimSymlinks: true });
  const at = (path: string): string => join(root, 'proc', path);
  return {
    root,
    write: (path, data) => writeFileSync(at(path), data),
    setStat(pid, field, value) {
      const text = readFileSync(at(`${pid}/stat`), 'latin1');
      const start = text.lastIndexOf(')') + 2;
      const fields = text.slice(start).split(' ');
      fields[field - 3] = String(value);
      writeFileSync(at(`${pid}/stat`), text.slice(0, start) + fields.join(' '), 'latin1');
    },
    remove: (path) => rmSync(at(path), { recursive: true, force: true }),
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}

export interface Running extends AsyncDisposable {
  readonly clock: ManualClock;
  readonly context: TestContext;
  start(): Promise<void>;
  collect(): Promise<Collection>;
  /** The lines of the next scrape, without errors. */
  lines(): Promise<string[]>;
}

export function scraperOf(input: Input, settings: MetricSettings = {}, clock = manualClock()): Running {
  const context = testContext({ id: 'procfs', clock });
  const scraper = createScraper(procfs, resolveConfig(procfs.config, input), context, settings);
  const collect = (): Promise<Collection> => scraper.collect({ timeoutMs: 15_000 });
  return {
    clock,
    context,
    start: async () => scraper.start?.(),
    collect,
    async lines() {
      const { resourceMetrics, errors } = await collect();
      if (errors.length > 0) throw new AggregateError(errors, errors.map(String).join('; '));
      return linesOf({ resourceMetrics });
    },
    [Symbol.asyncDispose]: async () => scraper.shutdown?.(AbortSignal.timeout(2000)),
  };
}

export const linesOf = ({ resourceMetrics }: Pick<Collection, 'resourceMetrics'>): string[] =>
  render(metricsBatch(resourceMetrics)).trimEnd().split('\n').filter(Boolean);

/** `pid → value` of a metric in rendered lines; values as text, `ended` among them. */
export function valuesOf(lines: readonly string[], metric: string, attribute = ''): Record<string, string> {
  const values: Record<string, string> = {};
  for (const line of lines) {
    if (!line.startsWith(`${metric}{`) || !line.includes(`|${attribute}`)) continue;
    const pid = /process\.pid=(\d+)/.exec(line)?.[1];
    if (pid) values[pid] = line.slice(line.lastIndexOf('} ') + 2).split(' ')[0]!;
  }
  return values;
}
