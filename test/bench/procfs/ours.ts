import { setTimeout as sleep } from 'node:timers/promises';
import type { Batch, Component, Consumer, Context, ProcessorDefinition, Scraper } from '@millrace/core';
import { createScraper, metricsBatch, resolveConfig, standaloneContext, toError } from '@millrace/core';
import procfs from '@millrace/receiver-procfs';
import type { Scanner } from './peers.ts';

export interface OurScanner extends Scanner {
  /** One scan after a pause, and then what the processors make of it, where asked for. */
  once(extent: 'scrape' | 'pipeline'): Promise<void>;
}

type Input = Parameters<typeof resolveConfig<typeof procfs.config>>[1];

/** Counts what arrives, as an exporter would that looks at every resource. */
function end(): Consumer & { resources: number } {
  return {
    resources: 0,
    async consume(batch: Batch) {
      if (batch.signal === 'metrics') this.resources += batch.resourceMetrics.length;
    },
  };
}

/** procfs → subgroup → topn, as far as the processors are there; from reading to a classified, cut batch. */
export async function ours(config: Input, scans: number): Promise<OurScanner & { stages: string[] }> {
  const context: Context = standaloneContext('procfs');
  const scraper: Scraper = createScraper(procfs, resolveConfig(procfs.config, config), context);
  const last = end();
  const stages: string[] = [];
  const components: Component[] = [];
  let next: Consumer = last;
  for (const [name, input] of [
    ['topn', { by: 'process.memory.pss', n: 10, group_by: ['process.group', 'process.subgroup'] }],
    ['subgroup', {}],
  ] as const) {
    const definition = await processor(name);
    if (!definition) continue;
    const component = definition.create(
      resolveConfig(definition.config, input) as never,
      { ...context, id: name },
      next,
    );
    await component.start?.();
    components.unshift(component);
    stages.unshift(name);
    next = component;
  }
  await scraper.start?.();

  async function scanOnce(extent: 'scrape' | 'pipeline'): Promise<void> {
    const { resourceMetrics, errors } = await scraper.collect({ timeoutMs: 60_000 });
    const broken = errors.find((error) => !String(error).includes('Permission denied'));
    if (broken) throw toError(broken);
    if (extent === 'pipeline') await next.consume(metricsBatch(resourceMetrics));
  }

  return {
    stages,
    async once(extent) {
      await sleep(120);
      await scanOnce(extent);
    },
    async scan() {
      let spent = 0;
      for (let i = 0; i < scans; i++) {
        await sleep(120);
        const before = process.cpuUsage();
        await scanOnce('pipeline');
        const { user, system } = process.cpuUsage(before);
        spent += (user + system) / 1000;
      }
      return spent / scans;
    },
    async stop() {
      await scraper.shutdown?.(AbortSignal.timeout(1000));
      for (const component of components) await component.shutdown?.(AbortSignal.timeout(1000));
    },
  };
}

async function processor(name: string): Promise<ProcessorDefinition | undefined> {
  try {
    const module = (await import(`@millrace/processor-${name}`)) as { default?: ProcessorDefinition };
    return module.default;
  } catch (error) {
    console.error(`bench procfs: without the processor ${name}: ${String(error).split('\n')[0]}`);
    return undefined;
  }
}
