import type { DataPoint, ResourceMetrics } from '@millrace/core';
import { describe, expect, test } from 'vitest';
import { at, counter, ended, gauge, histogram, point, resource } from '../testdata/metrics.ts';
import { one, tried } from '../testdata/page.ts';

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
