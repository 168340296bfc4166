import { appendFileSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type InputOf, resolveConfig, systemClock } from '@millrace/core';
import { sink, testContext } from '@millrace/core/testing';
import { describe, expect, test } from 'vitest';
import { config as schema } from './config.ts';
import definition from './index.ts';
import { createOrder } from './order.ts';

type Criteria = NonNullable<InputOf<typeof schema>['ordering_criteria']>;

const resolved = (ordering_criteria: Criteria) => resolveConfig(schema, { include: ['*'], ordering_criteria });

function ordered(names: readonly string[], criteria: Criteria, context = testContext()): string[] {
  const order = createOrder(resolved(criteria).ordering_criteria, context.log)!;
  const owner = { uid: 0, gid: 0 };
  // Those that are named first were changed last.
  const found = names.map((path, index) => ({ path, file: path, size: 1, modified: 1000 - index, owner }));
  return order(found).map(({ path }) => path);
}

const time = { sort_type: 'timestamp', regex_key: 'time', layout: '%Y%m%d%H' } as const;
const all = ['b.1.2023020601', 'b.2.2023020601', 'a.1.2023020601', 'a.2.2023020601'].flatMap((name) => [
  `err.${name}.log`,
  `err.${name.slice(0, -1)}2.log`,
]);
const three = String.raw`err\.(?P<alpha>[a-zA-Z])\.(?P<number>\d+)\.(?P<time>\d{10})\.log`;
const [alpha, number] = [
  { sort_type: 'alphabetical', regex_key: 'alpha' },
  { sort_type: 'numeric', regex_key: 'number' },
] as const;

describe('order', () => {
  test.each<[string, readonly string[], Criteria, readonly string[]]>([
    [
      'by number, not by text',
      ['a.9.log', 'a.10.log', 'a.20260102030405125.log', 'a.20260102030405124.log'],
      { regex: String.raw`\.(?P<n>\d+)\.log`, top_n: 3, sort_by: [{ sort_type: 'numeric', regex_key: 'n' }] },
      ['a.20260102030405125.log', 'a.20260102030405124.log', 'a.10.log'],
    ],
    [
      'by text, the first one only',
      ['a.b.log', 'a.d.log', 'a.c.log'],
      { regex: String.raw`a\.(?P<w>\w+)`, sort_by: [{ sort_type: 'alphabetical', regex_key: 'w' }] },
      ['a.d.log'],
    ],
    [
      'by text, ascending',
      ['a.b.log', 'a.d.log', 'a.c.log'],
      {
        regex: String.raw`a\.(?P<w>\w+)`,
        top_n: 2,
        sort_by: [{ sort_type: 'alphabetical', regex_key: 'w', ascending: true }],
      },
      ['a.b.log', 'a.c.log'],
    ],
    [
      'by time',
      ['x.2023020611', 'x.2023020612', 'x.2023013023'],
      { regex: String.raw`(?P<time>\d+)`, top_n: 0, sort_by: [{ ...time, ascending: true }] },
      ['x.2023013023', 'x.2023020611', 'x.2023020612'],
    ],
    [
      'by time of zones of their own',
      ['x.2023-01-01T00+02', 'x.2022-12-31T23+00'],
      { regex: String.raw`x\.(?P<time>.*)`, sort_by: [{ ...time, layout: '%Y-%m-%dT%H%j' }] },
      ['x.2022-12-31T23+00'],
    ],
    ['by when they were changed', ['b', 'c', 'a'], { top_n: 2, sort_by: [{ sort_type: 'mtime' }] }, ['b', 'c']],
    [
      'by when they were changed, the oldest first',
      ['b', 'c', 'a'],
      { top_n: 2, sort_by: [{ sort_type: 'mtime', ascending: true }] },
      ['a', 'c'],
    ],
    [
      'by several, the last counting most',
      all,
      { regex: three, top_n: 4, sort_by: [alpha, number, time] },
      ['err.b.2.2023020602.log', 'err.a.2.2023020602.log', 'err.b.1.2023020602.log', 'err.a.1.2023020602.log'],
    ],
    [
      'by several, in another order',
      all,
      { regex: three, sort_by: [{ ...number, ascending: true }, time, { ...alpha, ascending: true }] },
      ['err.a.1.2023020602.log'],
    ],
    [
      'in each group',
      ['a.1.log', 'b.7.log', 'a.2.log', 'b.8.log', 'c'],
      {
        regex: String.raw`\.(?P<n>\d+)\.log`,
        group_by: String.raw`^(?P<service>\w+)\.`,
        sort_by: [{ sort_type: 'numeric', regex_key: 'n' }],
      },
      ['a.2.log', 'b.8.log'],
    ],
  ])('%s', (_name, names, criteria, expected) => {
    expect(definition.check!(resolved(criteria) as never)).toEqual([]);
    expect(ordered(names, criteria)).toEqual(expected);
  });

  test('what it does not fit is left out, and said once', () => {
    const context = testContext();
    const criteria = { regex: three.replace(String.raw`\d{10}`, '.*'), top_n: 0, sort_by: [time, alpha] };
    const names = ['err.a.1.2023020601.log', 'err.a.1.soon.log', 'other.log', 'err.b.1.2023023001.log'];
    expect(ordered(names, criteria, context)).toEqual(['err.a.1.2023020601.log']);
    expect(context.lines).toMatchObject([
      { level: 'warn', fields: { file: 'err.a.1.soon.log', reason: 'its time is "soon", which is no timestamp' } },
      { level: 'debug', fields: { file: 'other.log', reason: 'regex does not match it' } },
      { level: 'debug', fields: { file: 'err.b.1.2023023001.log' } },
    ]);
  });

  test('is that of names without rules', () => {
    expect(createOrder(resolved({ regex: 'x', top_n: 1 }).ordering_criteria, testContext().log)).toBeUndefined();
  });
});

test.each<[Criteria, string]>([
  [{ regex: '(', sort_by: [alpha] }, 'The pattern is not a valid regular expression: unterminated group.'],
  [
    { group_by: '(', sort_by: [{ sort_type: 'mtime' }] },
    'The pattern is not a valid regular expression: unterminated group.',
  ],
  [{ group_by: 'a+', sort_by: [{ sort_type: 'mtime' }] }, 'Needs a group, such as (?P<service>[a-z]+).'],
  [{ sort_by: [alpha] }, 'sort_type: alphabetical needs a regex with named groups.'],
  [
    { regex: '(?P<x>.)', sort_by: [{ sort_type: 'numeric' }] },
    'sort_type: numeric needs regex_key, the name of a group of regex.',
  ],
  [{ regex: '(?P<x>.)(?P<y>.)(.)', sort_by: [alpha] }, 'regex has no group "alpha"; it has x, y.'],
  [
    { regex: three, sort_by: [{ sort_type: 'timestamp', regex_key: 'time' }] },
    "sort_type: timestamp needs a layout, such as '%Y%m%d%H'.",
  ],
  [
    { regex: three, sort_by: [{ ...time, layout: '%!' }] },
    'layout the layout has "%!", which strptime does not know here.',
  ],
  [
    { regex: three, sort_by: [{ ...time, location: 'Nowhere' }] },
    'location "Nowhere" is not a time zone, such as Europe/Vienna, UTC or Local.',
  ],
])('check %o', (criteria, message) => {
  expect(definition.check!(resolved(criteria) as never).map((problem) => problem.message)).toEqual([message]);
});

test('the newest file is followed, an older one read to its end, and nothing twice', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-file-log-'));
  const at = (day: string): string => join(directory, `app-${day}.log`);
  const next = sink();
  const config = resolveConfig(schema, {
    include: [join(directory, '*.log')],
    start_at: 'beginning',
    poll_interval: '10ms',
    ordering_criteria: {
      regex: String.raw`app-(?P<time>\d{8})\.log`,
      sort_by: [{ sort_type: 'timestamp', regex_key: 'time', layout: '%Y%m%d' }],
    },
  });
  const bodies = (): unknown[] =>
    next.batches.flatMap((batch) =>
      batch.signal === 'logs'
        ? batch.resourceLogs.flatMap(({ scopeLogs }) =>
            scopeLogs.flatMap(({ logRecords }) => logRecords.map(({ body }) => body)),
          )
        : [],
    );
  writeFileSync(at('20260101'), 'never read\n');
  writeFileSync(at('20260102'), 'one\n');
  const receiver = definition.create(
    config as never,
    { ...testContext({ clock: systemClock }), wants: () => true },
    next,
  );
  await receiver.start!();
  try {
    await expect.poll(bodies).toEqual(['one']);
    appendFileSync(at('20260102'), 'two\n');
    writeFileSync(at('20260103'), 'three\n');
    await expect.poll(() => bodies().length).toBe(3);
    appendFileSync(at('20260103'), 'four\n');
    utimesSync(at('20260101'), new Date(), new Date());
    await expect.poll(() => bodies().length).toBe(4);
    expect(new Set(bodies())).toEqual(new Set(['four', 'one', 'three', 'two']));
    // Without the two of them, the oldest is the newest.
    unlinkSync(at('20260102'));
    unlinkSync(at('20260103'));
    await expect.poll(() => bodies().at(-1)).toBe('never read');
    expect(bodies()).toHaveLength(5);
  } finally {
    await receiver.shutdown!(AbortSignal.timeout(2000));
    await rm(directory, { recursive: true });
  }
});
