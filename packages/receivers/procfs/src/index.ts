import { defineScraper } from '@millrace/core';
import { checkConfig, config } from './config.ts';
import { diagnose } from './diagnose.ts';
import { metrics } from './metrics.ts';
import { createScanner } from './scanner.ts';

export default defineScraper({
  type: 'procfs',
  description: 'Reads the processes of a Linux machine from /proc: memory (RSS, PSS, USS, swap), CPU, I/O.',
  config,
  metrics,
  check: checkConfig,
  diagnose,
  create: createScanner,
});
