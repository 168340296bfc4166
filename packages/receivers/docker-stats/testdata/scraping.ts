import { rmSync } from 'node:fs';
import type { Scraper } from '@millrace/core';
import { createScraper, metricsBatch, resolveConfig, systemClock } from '@millrace/core';
import type { TestContext } from '@millrace/core/testing';
import { render, testContext } from '@millrace/core/testing';
import { onTestFinished } from 'vitest';
import dockerStats from '../src/index.ts';
import { metrics } from '../src/metrics.ts';
import type { FakeContainer, FakeEngine } from './fake-engine.ts';
import { capturedContainer, fakeEngine } from './fake-engine.ts';
import type { Files } from './hosts.ts';
import { makeHost } from './hosts.ts';

export const everyMetric = Object.fromEntries(Object.keys(metrics).map((name) => [name, { enabled: true }]));
export const web = capturedContainer('docker-20.10-cgroup-v1');
export const id = String(web.inspect['Id']);

export interface Opened {
  readonly scraper: Scraper;
  readonly context: TestContext;
  scrape(options?: { readonly timeoutMs?: number }): Promise<{ text: string; errors: string[] }>;
}

/** A scraper of the engine, until the test has ended. */
export async function open(engine: FakeEngine | string, input: object = {}, settings: object = {}): Promise<Opened> {
  const endpoint = typeof engine === 'string' ? engine : engine.endpoint;
  const context = testContext({ clock: systemClock });
  const config = resolveConfig(dockerStats.config, { endpoint, request_timeout: '500ms', ...input });
  const scraper = createScraper(dockerStats, config, context, settings as never);
  onTestFinished(() => scraper.shutdown?.(AbortSignal.timeout(5000)));
  await scraper.start?.();
  return {
    scraper,
    context,
    async scrape({ timeoutMs = 5000 } = {}) {
      const { resourceMetrics, errors } = await scraper.collect({ timeoutMs });
      return { text: render(metricsBatch(resourceMetrics)), errors: errors.map((error) => (error as Error).message) };
    },
  };
}

export async function engineWith(containers: readonly FakeContainer[], options: object = {}): Promise<FakeEngine> {
  const engine = await fakeEngine({ containers, ...options });
  onTestFinished(() => engine.close());
  return engine;
}

export function host(files: Files): string {
  const root = makeHost(files);
  onTestFinished(() => rmSync(root, { recursive: true }));
  return root;
}

/** Without what depends on when the test runs. */
export const settled = (text: string): string => text.replaceAll(/^(container\.uptime.*) [\d.]+ s$/gm, '$1 … s');
