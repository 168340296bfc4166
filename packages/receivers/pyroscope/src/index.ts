import { defineReceiver } from '@millrace/core';
import { commands } from './commands/commands.ts';
import { checkConfig } from './config/check.ts';
import { config } from './config/schema.ts';
import { diagnose } from './diagnose.ts';
import { createReceiver } from './receiver.ts';

export default defineReceiver({
  type: 'pyroscope',
  description: 'Pulls profiles from Pyroscope servers and from the pprof endpoints of programs.',
  signals: ['metrics', 'logs', 'profiles'],
  config,
  commands,
  check: checkConfig,
  diagnose,
  create: createReceiver,
});
