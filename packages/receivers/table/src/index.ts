import { defineReceiver } from '@millrace/core';
import { checkConfig } from './check.ts';
import { config } from './config.ts';
import { createReceiver } from './receiver.ts';

export default defineReceiver({
  type: 'table',
  description: 'Reads a text table from a file or over HTTP, and makes metrics of its columns.',
  signals: ['metrics'],
  config,
  check: checkConfig,
  create: createReceiver,
});
