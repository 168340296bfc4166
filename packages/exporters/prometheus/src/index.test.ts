import { resolveConfig } from '@millrace/core';
import { checkDefinition } from '@millrace/core/testing';
import { describe, expect, test } from 'vitest';
import definition from './index.ts';

describe('the contract', () => {
  for (const { name, run } of checkDefinition(definition, { config: { endpoint: '127.0.0.1:0' } })) test(name, run);
});

describe('the config', () => {
  test.each(['metric_expiration', 'write_timeout'])('%s must be more than 0', (key) => {
    const problems = definition.check!(resolveConfig(definition.config, { [key]: '0s' }));
    expect(problems).toEqual([{ path: [key], message: expect.stringContaining('more than 0') as string }]);
  });

  test('has no problem with its defaults', () => {
    expect(definition.check!(resolveConfig(definition.config, {}))).toEqual([]);
  });
});
