import { readFileSync } from 'node:fs';
import { resolveConfig } from '@millrace/core';
import { sink, testContext } from '@millrace/core/testing';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import subgroup, { explain, loadRules, processFromText } from './index.ts';

test('the example starts, and its rules do what they say', async () => {
  const text = readFileSync(new URL('../example.yaml', import.meta.url), 'utf8');
  const { processors } = parse(text) as { processors: { subgroup: object } };
  const config = resolveConfig(subgroup.config, processors.subgroup);
  expect(subgroup.check?.(config)).toEqual([]);
  const processor = subgroup.create(config, testContext(), sink());
  await processor.start?.();
  const placed = (line: string, owner = 'shop') => {
    const { group, subgroup: name } = explain(loadRules(config), { ...processFromText(line), 'process.owner': owner });
    return `${group}/${name}`;
  };
  expect(placed('java com.example.shop.Checkout')).toBe('shop/checkout');
  expect(placed('/usr/bin/python3 /usr/bin/gunicorn --name=mail app:app')).toBe('shop/mail');
  expect(placed('/usr/bin/python3 /usr/bin/gunicorn --name=mail app:app', 'root')).toBe('runtime/python');
});
