import { defineReceiver } from '@millrace/core';
import { checkConfig } from './check.ts';
import { config } from './config.ts';
import { diagnose } from './diagnose.ts';
import { createReceiver } from './receiver.ts';

export default defineReceiver({
  type: 'sqlquery',
  aliases: ['sql_query'],
  description: 'Polls SQL databases with queries of your own, and makes metrics and log records of the rows.',
  signals: ['metrics', 'logs'],
  config,
  check: checkConfig,
  diagnose,
  create: createReceiver,
});
