import type { InputOf } from '@millrace/core';
import { expect, test } from 'vitest';
import { entity, processOf, started, valuesOf } from '../testdata/grouping.ts';
import type subgroup from './index.ts';

test.each([
  [{ include_groups: ['web'] }, ['nginx'], [[4, 'group_excluded']]],
  [{ include_groups: ['*/postgres', 'web/nginx'] }, ['nginx', 'postgres'], [[2, 'group_excluded']]],
  [{ exclude_groups: ['db'] }, ['nginx', 'unknown'], [[2, 'group_excluded']]],
  [{ include_groups: ['db'], exclude_groups: ['db/postgres'] }, [], [[6, 'group_excluded']]],
  [{ disable_others: true }, ['nginx', 'postgres'], [[2, 'others_disabled']]],
  [
    { builtin: false, others: { group: 'all', subgroup: '{process.executable.name}' } },
    ['mystery', 'nginx', 'postgres'],
    [],
  ],
] as const)('%j keeps %j', async (config, kept, dropped) => {
  const context = await started(config as InputOf<typeof subgroup.config>);
  const text = await context.take(
    entity(processOf(1, 'nginx'), 10, { rss: 1 }),
    entity(processOf(2, 'postgres'), 10, { rss: 1 }),
    entity(processOf(3, 'mystery'), 10, { rss: 1 }),
  );
  expect(valuesOf(text, 'size').map((line) => line.split(' ')[0])).toEqual(kept);
  const totals = new Map<unknown, number>();
  for (const [items, reason] of context.dropped) totals.set(reason, (totals.get(reason) ?? 0) + items);
  expect([...totals].map(([reason, items]) => [items, reason])).toEqual(dropped);
});

test('emits only the sums, or only the processes', async () => {
  const all = entity(processOf(1, 'nginx'), 10, { rss: 1 });
  const names = async (emit: ('processes' | 'groups')[]) => {
    const { take, dropped } = await started({ emit });
    const text = await take(all);
    expect(dropped).toEqual([]);
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split('{')[0]);
  };
  expect(await names(['groups'])).toEqual([
    'process.group.memory.usage',
    'process.group.oldest_start_time',
    'process.group.size',
  ]);
  expect(await names(['processes'])).toEqual(['process.memory.usage', 'process.uptime']);
});
