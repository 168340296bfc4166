import type { DataPoint, MetricData } from '@millrace/core';
import { describe, expect, test } from 'vitest';
import { at, counter, evil, gauge, point, resource, shop, summary } from '../testdata/metrics.ts';
import { naming, one, tried } from '../testdata/page.ts';
import { renderMetrics } from './index.ts';
import { namingOf } from './names.ts';

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
