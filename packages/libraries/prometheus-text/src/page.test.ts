import { describe, expect, test } from 'vitest';
import type { DataPoint, MetricData, ResourceMetrics } from '@millrace/core';
import {
  at,
  counter,
  ended,
  evil,
  gauge,
  histogram,
  point,
  resource,
  shop,
  summary,
  upDownCounter,
} from '../testdata/metrics.ts';
import { namingOf } from './names.ts';
import { createPage } from './page.ts';
import type { Drop, Page, PageOptions } from './page.ts';
import { renderMetrics } from './index.ts';

const naming = namingOf('UnderscoreEscapingWithSuffixes');

interface Tried {
  readonly page: Page;
  readonly drops: Drop[];
  take(resourceMetrics: ResourceMetrics | readonly ResourceMetrics[], now?: number): void;
  /** The samples, without comments. */
  samples(format?: 'prometheus' | 'openmetrics'): string[];
}

function tried(options: Partial<PageOptions> = {}): Tried {
  const drops: Drop[] = [];
  const page = createPage({ naming, scopeInfo: false, onDrop: (drop) => void drops.push(drop), ...options });
  return {
    page,
    drops,
    take: (metrics, now = 0) => void Array.from(page.update([metrics].flat(), now)),
    samples: (format = 'prometheus') =>
      [...page.render({ format })]
        .join('')
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#')),
  };
}

const one = (...metrics: MetricData[]): ResourceMetrics => resource({}, metrics);

describe('golden pages', () => {
  for (const [name, metrics] of Object.entries({ shop, evil }))
    for (const format of ['prometheus', 'openmetrics'] as const)
      for (const strategy of ['UnderscoreEscapingWithSuffixes', 'NoUTF8EscapingWithSuffixes'] as const)
        test(`${name}, ${format}, ${strategy}`, async () => {
          const page = renderMetrics([metrics], { naming: namingOf(strategy), format, timestamps: name === 'shop' });
          const names = strategy === 'NoUTF8EscapingWithSuffixes' ? 'utf8.' : '';
          await expect(page).toMatchFileSnapshot(`../testdata/${name}.${names}${format}.txt`);
        });

  test('of nothing', () => {
    expect(renderMetrics([], { naming, format: 'prometheus' })).toBe('');
    expect(renderMetrics([], { naming, format: 'openmetrics' })).toBe('# EOF\n');
  });
});

describe('series', () => {
  test('show the last point', () => {
    const { take, samples } = tried();
    take(one(gauge({ name: 'a' }, point(1, { x: '1' }), point(2, { x: '2' }))));
    take(one(gauge({ name: 'a' }, point(3, { x: '2' }))));
    expect(samples()).toEqual(['a{x="1"} 1', 'a{x="2"} 3']);
  });

  test('that end are gone, and their resource with the last', () => {
    const { take, samples, page } = tried();
    const process = (dataPoint: DataPoint<number>): ResourceMetrics =>
      resource({ 'service.name': 'api', pid: 7 }, [gauge({ name: 'a' }, dataPoint)]);
    take(process(point(1)));
    expect(samples()).toEqual(['a{job="api"} 1', 'target_info{job="api",pid="7"} 1']);
    take(process(ended()));
    expect(samples()).toEqual([]);
    expect(page.size).toBe(0);
    take(process(point(2)));
    expect(samples()).toEqual(['a{job="api"} 2', 'target_info{job="api",pid="7"} 1']);
  });

  test('that end make room for a successor in the same batch without a conflict', () => {
    const { take, samples, drops } = tried();
    take(resource({ pid: 1 }, [gauge({ name: 'a' }, point(1))]));
    take([
      resource({ pid: 2 }, [gauge({ name: 'a' }, point(2))]),
      resource({ pid: 1 }, [gauge({ name: 'a' }, ended())]),
    ]);
    expect(samples()).toEqual(['a 2']);
    expect(drops).toEqual([]);
  });

  test('that end within a batch of several scrapes are gone, and may begin again', () => {
    const { take, samples } = tried();
    const scrape = (dataPoint: DataPoint<number>): ResourceMetrics => one(gauge({ name: 'a' }, dataPoint));
    const live = (value: number, seconds: number): ResourceMetrics =>
      scrape(point(value, {}, { endTime: at(seconds) }));
    const end = scrape(ended({}, { endTime: at(20) }));
    take([live(1, 10), end]);
    expect(samples()).toEqual([]);
    take([live(1, 10), end, live(2, 30)]);
    expect(samples()).toEqual(['a 2']);
    take(end);
    expect(samples()).toEqual(['a 2']);
  });

  test('that were never there can end', () => {
    const { take, samples } = tried();
    take(one(gauge({ name: 'a' }, ended())));
    expect(samples()).toEqual([]);
  });

  test('keep the series of others when they end', () => {
    const { take, samples } = tried();
    const three = (x2: DataPoint<number>): ResourceMetrics =>
      one(gauge({ name: 'a' }, point(1, { x: '1' }), x2, point(3, { x: '3' })));
    take(three(point(2, { x: '2' })));
    take(three(ended({ x: '2' })));
    take(one(gauge({ name: 'a' }, point(10, { x: '1' }), point(30, { x: '3' }))));
    expect(samples()).toEqual(['a{x="1"} 10', 'a{x="3"} 30']);
  });

  test('go when nothing was heard of them', () => {
    const { take, samples, page } = tried();
    take(one(gauge({ name: 'a' }, point(1, { x: '1' }), point(2, { x: '2' }))), 1000);
    take(one(gauge({ name: 'a' }, point(3, { x: '2' }))), 2000);
    page.expire(1000);
    expect(samples()).toHaveLength(2);
    page.expire(1001);
    expect(samples()).toEqual(['a{x="2"} 3']);
    page.expire(2001);
    expect(samples()).toEqual([]);
    expect(page.size).toBe(0);
  });

  test('are found whatever the order and identity of attributes', () => {
    const { take, samples, page } = tried();
    const seen = (values: readonly number[]): ResourceMetrics =>
      one(gauge({ name: 'a' }, ...values.map((x) => point(x, { x: String(x), y: 'same' }))));
    const numbers = Array.from({ length: 50 }, (_, index) => index);
    take(seen(numbers));
    take(seen(numbers.toReversed()));
    take(seen(numbers.filter((x) => x % 2 === 0)));
    take(one(gauge({ name: 'a' }, ...numbers.map((x) => point(x + 100, { y: 'same', x: String(x) })))));
    expect(page.size).toBe(50);
    expect(samples().toSorted()).toEqual(numbers.map((x) => `a{x="${x}",y="same"} ${x + 100}`).toSorted());
  });

  test('survive thousands of arrivals and ends', () => {
    const { take, samples, page } = tried();
    let alive: number[] = [];
    for (let round = 0; round < 60; round += 1) {
      const gone = alive.filter((id) => (id * 7 + round) % 5 === 0);
      alive = [...alive.filter((id) => !gone.includes(id)), ...Array.from({ length: 40 }, (_, n) => round * 40 + n)];
      const points = alive.map((id) => point(round, { id }));
      take(one(gauge({ name: 'a' }, ...points), gauge({ name: 'a' }, ...gone.map((id) => ended({ id })))));
      expect(page.size).toBe(alive.length);
    }
    expect(samples().toSorted()).toEqual(alive.map((id) => `a{id="${id}"} 59`).toSorted());
  });
});

describe('what cannot be shown', () => {
  test('series of the same labels: the newest is kept, the others counted', () => {
    const { take, samples, drops } = tried();
    const from = (pid: number): ResourceMetrics => resource({ pid }, [gauge({ name: 'a' }, point(pid))]);
    take([from(1), from(2)]);
    expect(samples()).toEqual(['a 2']);
    expect(drops).toEqual([{ points: 1, reason: 'duplicate_series', metric: 'a' }]);
    take(from(1));
    expect(samples()).toEqual(['a 1']);
  });

  test('when the newest of them ends, the one before is shown again', () => {
    const { take, samples, page } = tried();
    const from = (pid: number, dataPoint = point(pid)): ResourceMetrics =>
      resource({ pid }, [gauge({ name: 'a' }, dataPoint)]);
    take([from(1), from(2), from(3)]);
    take(from(3, ended()));
    expect(samples()).toEqual(['a 2']);
    take(from(2, ended()));
    take(from(1, ended()));
    expect(samples()).toEqual([]);
    expect(page.size).toBe(0);
  });

  test('series that differ only in attributes that are labels alike', () => {
    const { take, samples, drops } = tried();
    take(one(gauge({ name: 'a' }, point(1, { 'x.y': '1' }), point(2, { x_y: '1' }))));
    expect(samples()).toEqual(['a{x_y="1"} 2']);
    expect(drops).toEqual([{ points: 1, reason: 'duplicate_series', metric: 'a' }]);
  });

  test('two scrapes in one batch are no duplicates', () => {
    const { take, samples, drops } = tried();
    take([one(gauge({ name: 'a' }, point(1))), one(gauge({ name: 'a' }, point(2, {}, { endTime: at(90) })))]);
    expect(samples()).toEqual(['a 2']);
    expect(drops).toEqual([]);
  });

  test('resources are told apart by the labels that are asked for', () => {
    const { take, samples, drops } = tried({ resourceLabel: (name) => name === 'pid' });
    take([1, 2].map((pid) => resource({ pid, host: 'h' }, [gauge({ name: 'a' }, point(pid))])));
    expect(samples()).toEqual(['a{pid="1"} 1', 'a{pid="2"} 2']);
    expect(drops).toEqual([]);
  });

  test('a name of another type: the first stays until it is gone', () => {
    const { take, samples, drops } = tried();
    take(one(gauge({ name: 'a_total' }, point(1))));
    take(one(counter({ name: 'a' }, point(2), point(3, { x: '1' }))));
    expect(samples()).toEqual(['a_total 1']);
    expect(drops).toEqual([{ points: 2, reason: 'type_conflict', metric: 'a_total' }]);
    take(one(gauge({ name: 'a_total' }, ended())));
    take(one(counter({ name: 'a' }, point(4))));
    expect(samples()).toEqual(['a_total 4']);
  });

  test('a name that a histogram writes its samples under', () => {
    const { take, samples, drops } = tried();
    const value = { count: 1, sum: 2, buckets: { boundaries: [], counts: [1] } };
    take(
      one(gauge({ name: 'a_sum' }, point(1)), histogram({ name: 'a' }, point(value)), gauge({ name: 'b' }, point(1))),
    );
    take(one(histogram({ name: 'c' }, point(value)), gauge({ name: 'c_bucket' }, point(1))));
    expect(samples().map((line) => line.split(/[ {]/)[0])).toEqual(['a_sum', 'b', 'c_bucket', 'c_sum', 'c_count']);
    expect(drops.map(({ reason, metric }) => [reason, metric])).toEqual([
      ['type_conflict', 'a'],
      ['type_conflict', 'c_bucket'],
    ]);
  });

  test('an older point than the one that is shown', () => {
    const { take, samples, drops } = tried();
    take(one(gauge({ name: 'a' }, point(2, {}, { endTime: at(20) }))));
    take(one(gauge({ name: 'a' }, point(1, {}, { endTime: at(10) }))));
    expect(samples()).toEqual(['a 2']);
    expect(drops).toEqual([{ points: 1, reason: 'out_of_order', metric: 'a' }]);
  });

  test('a metric without a name', () => {
    const { take, samples, drops } = tried();
    take(one(gauge({ name: '' }, point(2))));
    expect(samples()).toEqual([]);
    expect(drops).toEqual([{ points: 1, reason: 'no_name', metric: '' }]);
  });
});

describe('deltas', () => {
  test('of a counter add up', () => {
    const { take, samples, drops } = tried();
    const delta = (value: number | bigint, seconds: number): ResourceMetrics =>
      one(counter({ name: 'a', delta: true }, point(value, {}, { endTime: at(seconds) })));
    take(delta(5, 10));
    take(delta(7, 20));
    expect(samples()).toEqual(['a_total 12']);
    take(delta(7, 20));
    take(delta(1, 15));
    expect(samples()).toEqual(['a_total 12']);
    expect(drops.map(({ reason }) => reason)).toEqual(['out_of_order', 'out_of_order']);
    take(delta(Number.MAX_SAFE_INTEGER, 30));
    expect(samples()).toEqual(['a_total 9007199254741003']);
  });

  test('begin anew after the series has ended', () => {
    const { take, samples } = tried();
    take(one(counter({ name: 'a', delta: true }, point(5))));
    take(one(counter({ name: 'a', delta: true }, ended())));
    take(one(counter({ name: 'a', delta: true }, point(2, {}, { endTime: at(200) }))));
    expect(samples()).toEqual(['a_total 2']);
  });

  test('of a histogram add up while its buckets stay', () => {
    const { take, samples } = tried();
    const delta = (seconds: number, boundaries: number[]): ResourceMetrics => {
      const value = { count: 3, sum: 2, buckets: { boundaries, counts: boundaries.map(() => 1).concat(2) } };
      return one(histogram({ name: 'a', delta: true }, point(value, {}, { endTime: at(seconds) })));
    };
    take(delta(1, [1]));
    take(delta(2, [1]));
    expect(samples()).toEqual(['a_bucket{le="1"} 2', 'a_bucket{le="+Inf"} 6', 'a_sum 4', 'a_count 6']);
    take(delta(3, [5]));
    expect(samples()).toEqual(['a_bucket{le="5"} 1', 'a_bucket{le="+Inf"} 3', 'a_sum 2', 'a_count 3']);
  });

  test('that may fall are left out and counted', () => {
    const { take, samples, drops } = tried();
    take(one(upDownCounter({ name: 'a', delta: true }, point(1), point(2, { x: '1' }))));
    expect(samples()).toEqual([]);
    expect(drops).toEqual([{ points: 2, reason: 'delta', metric: 'a' }]);
  });
});

describe('target_info', () => {
  test('is left out of a resource without a service, or with nothing else to tell', () => {
    const { take, samples } = tried();
    take([
      resource({ 'host.name': 'h' }, [gauge({ name: 'a' }, point(1))]),
      resource({ 'service.name': 'api' }, [gauge({ name: 'b' }, point(1))]),
    ]);
    expect(samples()).toEqual(['a 1', 'b{job="api"} 1']);
  });

  test('has one line for each job and instance: the newest', () => {
    const { take, samples } = tried();
    const from = (version: number): ResourceMetrics =>
      resource({ 'service.name': 'api', version }, [gauge({ name: 'a' }, point(version))]);
    take(from(1));
    take(from(2));
    expect(samples()).toEqual(['a{job="api"} 2', 'target_info{job="api",version="2"} 1']);
    take(from(1));
    expect(samples()).toEqual(['a{job="api"} 1', 'target_info{job="api",version="1"} 1']);
  });

  test('has the namespace, and no constant labels', () => {
    const { take, samples } = tried({ naming: { ...naming, namespace: 'my' }, constLabels: { site: 'x' } });
    take(
      resource({ 'service.name': 'api', 'service.namespace': 'shop', os: 'linux' }, [gauge({ name: 'a' }, point(1))]),
    );
    expect(samples()).toEqual(['my_a{job="shop/api",site="x"} 1', 'my_target_info{job="shop/api",os="linux"} 1']);
  });

  test('can be left out', () => {
    const { take, samples } = tried({ targetInfo: false });
    take(
      resource({ 'service.name': 'api', os: 'linux' }, [
        gauge({ name: 'a' }, point(1)),
        gauge({ name: 'target_info' }, point(1)),
      ]),
    );
    expect(samples()).toEqual(['a{job="api"} 1', 'target_info{job="api"} 1']);
  });
});

describe('OpenMetrics', () => {
  const page = (metrics: MetricData[], strategy = naming): string[] =>
    renderMetrics([resource({}, metrics)], { naming: strategy, format: 'openmetrics', scopeInfo: false }).split('\n');

  test('does not call a counter one whose name would be that of another family', () => {
    expect(page([gauge({ name: 'a' }, point(1)), counter({ name: 'a' }, point(2))])).toEqual([
      '# TYPE a gauge',
      'a 1',
      '# TYPE a_total unknown',
      'a_total 2',
      '# EOF',
      '',
    ]);
  });

  test('leaves the names of counters as they were asked for', () => {
    const lines = page([counter({ name: 'a', unit: 's' }, point(2))], namingOf('UnderscoreEscapingWithoutSuffixes'));
    expect(lines).toEqual(['# TYPE a unknown', 'a 2', '# EOF', '']);
  });

  test('keeps only the trace where the other labels of an exemplar would be too long', () => {
    const exemplar = (letters: number): DataPoint<number> =>
      point(
        1,
        {},
        {
          exemplars: [
            { time: at(0), value: 2, traceId: 'f'.repeat(32), filteredAttributes: { a: 'é'.repeat(letters) } },
          ],
        },
      );
    const labelsOf = (letters: number): string | undefined =>
      /# (\{.*\})/.exec(page([counter({ name: 'a' }, exemplar(letters))])[1]!)?.[1];
    // 8 + 32 for the trace, 1 for the name: 87 are left.
    expect(labelsOf(87)).toBe(`{a="${'é'.repeat(87)}",trace_id="${'f'.repeat(32)}"}`);
    expect(labelsOf(88)).toBe(`{trace_id="${'f'.repeat(32)}"}`);
  });
});

test('a large page is rendered and updated in small steps', () => {
  const { page } = tried();
  const points = Array.from({ length: 20_000 }, (_, index) => point(index, { index }));
  expect([...page.update([one(gauge({ name: 'a' }, ...points))], 0)].length).toBeGreaterThan(15);
  expect([...page.render({ format: 'prometheus' })].length).toBeGreaterThan(30);
});

test('a version is one only until something changes', () => {
  const { page, take } = tried();
  const versions = new Set([page.version]);
  take(one(gauge({ name: 'a' }, point(1))), 0);
  versions.add(page.version);
  take(one(gauge({ name: 'a' }, point(2, {}, { endTime: at(70) }))), 0);
  versions.add(page.version);
  page.expire(0);
  versions.add(page.version);
  expect(versions.size).toBe(3);
  page.expire(1);
  expect(versions.has(page.version)).toBe(false);
});

test('a summary keeps its quantiles apart', () => {
  const { take, samples } = tried();
  const value = {
    count: 3,
    sum: 1.5,
    quantiles: [
      { quantile: 0.99, value: 9 },
      { quantile: 0.5, value: 1 },
    ],
  };
  take(one(summary({ name: 'a' }, point(value))));
  expect(samples()).toEqual(['a{quantile="0.5"} 1', 'a{quantile="0.99"} 9', 'a_sum 1.5', 'a_count 3']);
  expect(samples('openmetrics')[0]).toBe('a{quantile="0.5"} 1');
});
