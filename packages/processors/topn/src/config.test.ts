import { resolveConfig } from '@millrace/core';
import { expect, test } from 'vitest';
import topn from './index.ts';

test.each([
  [{ by: 'a' }, []],
  [{ by: ['a', 'b'], group_by: ['g'], overrides: [{ match: { g: 'x' }, n: 1 }] }, []],
  [{ by: ['a', 'a'] }, ['by: names a metric twice; name each once']],
  [
    { by: 'a', group_by: ['g', 'h'], overrides: [{ match: { k: 'x' }, n: 1 }] },
    ['overrides.0.match.k: is not one of the attributes in group_by (g, h)'],
  ],
  [
    { by: 'a', overrides: [{ match: {}, n: 1 }] },
    ['overrides.0.match: matches every group; name at least one attribute'],
  ],
])('checks %j', (input, want) => {
  const problems = topn.check!(resolveConfig(topn.config, input));
  expect(problems.map(({ path, message }) => `${path.join('.')}: ${message}`)).toEqual(want);
});
