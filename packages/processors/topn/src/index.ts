import { defineProcessor } from '@millrace/core';
import { config } from './config.ts';
import { createTopn } from './topn.ts';

export default defineProcessor({
  type: 'topn',
  description: 'Keeps the entities with the most of a metric, and sums up the rest of each group as one.',
  signals: ['metrics'],
  config,
  check({ by, group_by: groupBy, overrides }) {
    const problems = [];
    if (typeof by !== 'string' && new Set(by).size < by.length)
      problems.push({ path: ['by'], message: 'names a metric twice; name each once' });
    for (const [index, { match }] of overrides.entries()) {
      const names = Object.keys(match);
      if (names.length === 0)
        problems.push({
          path: ['overrides', index, 'match'],
          message: 'matches every group; name at least one attribute',
        });
      for (const name of names)
        if (!groupBy.includes(name))
          problems.push({
            path: ['overrides', index, 'match', name],
            message: `is not one of the attributes in group_by (${groupBy.join(', ') || 'there are none'})`,
          });
    }
    return problems;
  },
  create: createTopn,
});
