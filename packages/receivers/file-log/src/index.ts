import { defineReceiver } from '@millrace/core';
import { check } from './check.ts';
import { config } from './config.ts';
import { createReceiver } from './receiver.ts';

export default defineReceiver({
  type: 'file_log',
  aliases: ['filelog'],
  description: 'Tails log files, and parses what is in them.',
  signals: ['logs'],
  config,
  check,
  create: createReceiver,
});
