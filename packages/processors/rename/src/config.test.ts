import { readFileSync } from 'node:fs';
import { resolveConfig } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Input } from '../testdata/renaming.ts';
import rename from './index.ts';

describe('the config', () => {
  const check = (input: Input) => rename.check?.(resolveConfig(rename.config, input));

  it.each<[NonNullable<Input['rules']>[number], (string | number)[], RegExp]>([
    [{ to: 'x' }, ['rules', 0], /either metric or metric_regex/],
    [{ metric: 'a', metric_regex: 'b' }, ['rules', 0], /either metric or metric_regex/],
    [{ metric: 'a', scale: 0, unit: 'ms' }, ['rules', 0, 'scale'], /other than 0/],
    [{ metric: 'a', scale: 1000 }, ['rules', 0, 'scale'], /new unit/],
    [{ metric_regex: 'a(b)', to: '$2' }, ['rules', 0, 'to'], /the group \$2, and metric_regex has 1/],
  ])('%j', (rule, path, message) => {
    expect(check({ rules: [rule] })).toEqual([{ path, message: expect.stringMatching(message) as string }]);
  });

  it('of the example is valid', () => {
    const example = parse(readFileSync(new URL('../example.yaml', import.meta.url), 'utf8')) as {
      processors: { rename: Input };
    };
    expect(check(example.processors.rename)).toEqual([]);
  });
});
