import { defineScraper } from '@millrace/core';
import { checkConfig, config } from './config.ts';
import { diagnose } from './diagnose.ts';
import { metrics } from './metrics.ts';
import { createScanner } from './scanner.ts';

export default defineScraper({
  type: 'cgroup',
  description:
    'Reads what containers and other control groups of a Linux machine use, from cgroupfs of version 1 and 2.',
  config,
  metrics,
  check: checkConfig,
  diagnose,
  create: (settings, context) => createScanner(settings, context),
});
