import { defineExporter, itemCount } from '@millrace/core';
import { counts, title } from './basic.ts';
import { detailed } from './detailed.ts';
import { normal } from './normal.ts';
import { createSampler } from './sampler.ts';

export default defineExporter({
  type: 'debug',
  description: 'Writes what arrives to the log.',
  signals: ['metrics', 'logs', 'traces', 'profiles'],
  parallel: true,
  delivery: 'direct',
  config: {
    properties: {
      verbosity: {
        type: 'string',
        enum: ['basic', 'normal', 'detailed'],
        default: 'basic',
        description:
          'basic: how much arrived. normal: also a line for each point, record, span or profile. detailed: everything.',
      },
      sampling_initial: {
        type: 'integer',
        minimum: 0,
        default: 2,
        description: 'How many batches are written in each second.',
      },
      sampling_thereafter: {
        type: 'integer',
        minimum: 0,
        default: 1,
        description: 'Of the further batches of that second, every how many-th is written. 0: none.',
      },
    },
  },
  create({ verbosity, sampling_initial: initial, sampling_thereafter: thereafter }, { clock, log }) {
    const isSampled = createSampler({ initial, thereafter }, clock);
    return {
      async consume(batch) {
        if (!isSampled()) return;
        log.info(counts(batch), title(batch));
        if (verbosity === 'basic' || itemCount(batch) === 0) return;
        const text = verbosity === 'normal' ? normal(batch) : detailed(batch);
        if (text === '') return;
        // The logger's own fields follow the message: not on the last line of many.
        log.info({}, text.includes('\n') ? `${text}\n` : text);
      },
    };
  },
});
