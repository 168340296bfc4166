// Run by a test as a user without privileges: prints what a scrape of argv[2] gives, twice, and ends by itself.
import { createScraper, resolveConfig, standaloneContext } from '@millrace/core';
import procfs from '../index.ts';

const scraper = createScraper(procfs, resolveConfig(procfs.config, { root_path: process.argv[2]! }), standaloneContext('procfs'));
await scraper.start?.();
const first = await scraper.collect({ timeoutMs: 10_000 });
const second = await scraper.collect({ timeoutMs: 10_000 });
const entities = second.resourceMetrics.map(({ resource, scopeMetrics }) => ({
  pid: resource.attributes['process.pid'],
  owner: resource.attributes['process.owner'],
  metrics: scopeMetrics[0]!.metrics.map(({ descriptor }) => descriptor.name),
}));
console.log(JSON.stringify({ self: process.pid, first: first.errors.map(String), second: second.errors.map(String), entities }));
if (process.argv[3] !== 'leave open') await scraper.shutdown?.(AbortSignal.timeout(1000));
