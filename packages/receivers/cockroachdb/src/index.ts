import { defineScraper } from '@millrace/core';
import { commands } from './commands/commands.ts';
import { checkConfig, config } from './config.ts';
import { diagnose } from './diagnose.ts';
import { metrics } from './metrics.ts';
import { createScraper } from './scraper.ts';

export default defineScraper({
  type: 'cockroachdb',
  description:
    'CockroachDB clusters: liveness, capacity, ranges, latency, jobs of every node and store; changes as logs.',
  config,
  metrics,
  logs: true,
  collectionInterval: '10s',
  commands,
  check: checkConfig,
  diagnose,
  create: createScraper,
});
