import type { InputOf } from '@millrace/core';
import { expect, test } from 'vitest';
import { entity, processOf, started, valuesOf } from '../testdata/grouping.ts';
import type subgroup from './index.ts';

test.each([
  [{ include_groups: ['web'] }, ['nginx'], { group_excluded: 4 }],
  [{ include_groups: ['*/postgres', 'web/nginx'] }, ['nginx', 'postgres'], { group_excluded: 2 }],
  [{ exclude_groups: ['db'] }, ['nginx', 'unknown'], { group_excluded: 2 }],
  [{ include_groups: ['db'], exclude_groups: ['db/postgres'] }, [], { group_excluded: 6 }],
  [{ disable_others: true }, ['nginx', 'postgres'], { others_disabled: 2 }],
  [
    { builtin: false, others: { group: 'all', subgroup: '{process.executable.name}' } },
    ['mystery', 'nginx', 'postgres'],
    {},
  ],
] as const)('%j keeps %j', async (config, kept, dropped) => {
  const context = await started(config as InputOf<typeof subgroup.config>);
  const text = await context.take(
    entity(processOf(1, 'nginx'), 10, { rss: 1 }),
    entity(processOf(2, 'postgres'), 10, { rss: 1 }),
    entity(processOf(3, 'mystery'), 10, { rss: 1 }),
  );
  expect(valuesOf(text, 'size').map((line) => line.split(' ')[0])).toEqual(kept);
  expect(context.dropped).toEqual(dropped);
});

test('emits only the sums, or only the processes', async () => {
  const all = entity(processOf(1, 'nginx'), 10, { rss: 1 });
  const names = async (emit: ('processes' | 'groups')[]) => {
    const { take, dropped } = await started({ emit });
    const text = await take(all);
    expect(dropped).toEqual({});
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
