import { defineScraper } from '@millrace/core';
import { checkConfig } from './check.ts';
import { config } from './config.ts';
import { metrics } from './metrics.ts';
import { createScraper } from './scraper.ts';

export default defineScraper({
  type: 'http_check',
  aliases: ['httpcheck'],
  description: 'Asks HTTP endpoints: whether they answer and how, how fast, and how long their certificates last.',
  config,
  metrics,
  logs: true,
  check: checkConfig,
  create: createScraper,
});
