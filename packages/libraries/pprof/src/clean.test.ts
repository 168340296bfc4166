import { expect, it } from 'vitest';
import { cleanNames, formatTop, fromStacks } from './index.ts';

it('names cannot steer the terminal, nor look like a row', () => {
  const evil = fromStacks(
    [{ frames: ['main', '\x1b[2Jgone\u202e', 'two\n      99  100%   100%        99   100%  rows'], values: [1] }],
    { sampleTypes: [{ type: 'samples', unit: 'count' }] },
  );
  const text = cleanNames(formatTop(evil), evil);
  expect(text).toBe(cleanNames(text, evil));
  expect(text).toContain('?[2Jgone?');
  expect(text).toContain('two?      99  100%');
  expect(text.trimEnd().split('\n')).toHaveLength(6);
});
