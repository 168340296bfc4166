import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Config, config } from '../config.ts';
import { type Batch, type Collection, type InputOf, createScraper, metricsBatch, resolveConfig } from '@millrace/core';
import { type ManualClock, type TestContext, manualClock, testContext } from '@millrace/core/testing';
import { onTestFinished } from 'vitest';
import cgroup from '../index.ts';
import { metrics } from '../metrics.ts';
import { createScanner } from '../scanner.ts';

/** A folder with these files, removed after the test. */
export function tree(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'millrace-cgroup-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  write(root, files);
  return root;
}

export function write(root: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
}

/** What a Linux 6.1 wrote: the library's README beside it says how it came about. */
export function capturedTree(): string {
  const file = new URL('../../../../libraries/cgroup/testdata/v2-6.1-debian/tree.txt', import.meta.url);
  const parts = readFileSync(file, 'utf8')
    .split(/^-- (\S+) --\n/m)
    .slice(1);
  const files: Record<string, string> = {};
  for (let at = 0; at < parts.length; at += 2) files[parts[at]!] = parts[at + 1]!;
  return tree(files);
}

export const everyMetric = Object.fromEntries(Object.keys(metrics).map((name) => [name, { enabled: true }]));

export interface Scraped {
  readonly clock: ManualClock;
  readonly context: TestContext;
  scrape(): Promise<Collection & { readonly batch: Batch }>;
  shutdown(): Promise<void>;
}

/** The scraper as the host runs it, with time standing still between scrapes. */
export function scraperOf(
  input: InputOf<typeof config>,
  settings: Readonly<Record<string, { readonly enabled: boolean }>> = {},
): Scraped {
  const clock = manualClock();
  const context = testContext({ clock, id: 'cgroup' });
  const definition = { ...cgroup, create: (own: Config) => createScanner(own, context, clock.now) };
  const scraper = createScraper(definition, resolveConfig(config, input), context, settings);
  const shutdown = async (): Promise<void> => scraper.shutdown!(AbortSignal.timeout(1_000));
  onTestFinished(shutdown);
  return {
    clock,
    context,
    shutdown,
    async scrape() {
      const collection = await scraper.collect({ timeoutMs: 20_000 });
      return { ...collection, batch: metricsBatch(collection.resourceMetrics) };
    },
  };
}
