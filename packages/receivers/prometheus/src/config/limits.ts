import type { ConfigSchema } from '@millrace/core';

/** Of a page that is not compressed, where no limit is set: an endless page must not fill the memory. */
export const defaultBodyBytes = 128 * 1024 * 1024;

const count = (description: string) => ({ type: 'integer', minimum: 0, description }) as const;

/** Keys that a job has, and `global` as what jobs have without one. A scrape that goes beyond fails, as a whole. */
export const limitKeys = {
  body_size_limit: {
    type: 'string',
    format: 'bytes',
    description: 'How big a page may be, not compressed. Default: 128MiB; 0 is without limit.',
  },
  sample_limit: count('How many samples a page may have after relabelling. Default: 0, without limit.'),
  label_limit: count('How many labels a sample may have. Default: 0, without limit.'),
  label_name_length_limit: count('How many bytes the name of a label may have. Default: 0, without limit.'),
  label_value_length_limit: count('How many bytes the value of a label may have. Default: 0, without limit.'),
  target_limit: count('How many targets a job may have; with more, none is scraped. Default: 0, without limit.'),
} as const satisfies ConfigSchema['properties'];
