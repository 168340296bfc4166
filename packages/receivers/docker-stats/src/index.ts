import { defineScraper } from '@millrace/core';
import { checkConfig, config } from './config.ts';
import { diagnose } from './diagnose.ts';
import { metrics } from './metrics.ts';
import { createScraper } from './scraper.ts';

export default defineScraper({
  type: 'docker_stats',
  description: 'The containers of a Docker or Podman engine: CPU, memory, I/O, network, state; and its events as logs.',
  config,
  metrics,
  logs: true,
  collectionInterval: '10s',
  check: checkConfig,
  diagnose,
  create: createScraper,
});
