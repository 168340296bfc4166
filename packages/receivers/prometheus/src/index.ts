import { defineReceiver } from '@millrace/core';
import { checkConfig } from './config/check.ts';
import { type Config, config } from './config/schema.ts';
import { diagnose } from './diagnose.ts';
import { createReceiver } from './receiver.ts';

export default defineReceiver({
  type: 'prometheus',
  description: 'Scrapes Prometheus and OpenMetrics endpoints, with the configuration of Prometheus itself.',
  signals: ['metrics'],
  config,
  commands: {
    targets: {
      description: 'Tells the targets, and how the last scrape of each went.',
      arguments: { properties: { job: { type: 'string', description: 'Only those of this job.' } } },
    },
  },
  check: (checked) => checkConfig(checked as Config),
  diagnose: (checked) => diagnose(checked as Config),
  create: (checked, context, next) => createReceiver(checked as Config, context, next),
});
