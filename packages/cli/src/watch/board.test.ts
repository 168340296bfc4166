import { describe, expect, it } from 'vitest';
import { cells } from '../screen.ts';
import { createBoard } from './board.ts';
import { reportOf } from './report.ts';
import { cluster, node, roachy, stateChange, store, unreachable } from './testdata/cockroachdb.ts';
import { gauge, metricsJson, resource } from './testdata/metrics.ts';

process.env.TZ = 'UTC';
const startMs = Date.parse('2026-11-21T12:00:00Z');

/** Takes reports that came ten seconds apart. */
function boardOf(...reports: readonly { data: unknown; signal?: string; cluster?: string; cursor?: number }[]) {
  const board = createBoard();
  for (const [at, { data, signal = 'metrics', cluster: name = 'roachy', cursor = at + 1 }] of reports.entries()) {
    const time = new Date(startMs + at * 10_000).toISOString();
    board.take(reportOf(JSON.stringify({ cluster: name, cursor: String(cursor), time, signal, data })));
  }
  return board;
}
const wide = { width: 140, color: false };
const show = (board: ReturnType<typeof createBoard>, page = wide, nowMs?: number): string =>
  board.clusters.map((name) => board.lines(name, page, nowMs).join('\n')).join('\n\n');

describe('a CockroachDB cluster', () => {
  it('is a summary, a row a node, and what failed', () => {
    expect(show(boardOf({ data: roachy() }), wide, startMs + 3000)).toMatchInlineSnapshot(`
      "roachy · reported 3s ago
      nodes 2 live, 1 draining, 1 dead · disk 42.0% of 3.6 TiB · ranges 4936 · unavailable ranges 1 · under-replicated ranges 0
      over-replicated ranges 2 · 4939 QPS · heartbeat p99 12.3 ms (node 2) · clock offset -1.23 ms (node 10) · SQL connections 36
      pending tasks 7 · jobs 1 · oldest task 3h 12m
      NODE  STATE     UP         VERSION  UPTIME   DISK    MEM  RANGES  REPL  LEASES   QPS   HB P99   OFFSET      RTT  CONNS
         1  live      yes        v24.1.3  1d 10h  42.0%  42.3%    1234  3702    1230  1235  6.23 ms  -123 µs  1.53 ms     12
         2  draining  not ready  v24.1.3  1d 10h  42.0%  42.3%    1234  3702    1230  1235  6.23 ms  -123 µs  1.53 ms     12
         3  dead      NO         –             –      –      –       –     –       –     –        –        –        –      –
        10  live      yes        v24.1.3  1d 10h  42.0%  42.3%    2468  7404    2460  2469  6.23 ms  -123 µs  1.53 ms     12
      node 3: connection_refused · no answer: n3:8080 connection_refused"
    `);
  });

  it('fits into 80 columns', () => {
    const text = show(boardOf({ data: roachy() }), { width: 80, color: false }, startMs + 3000);
    expect(text).toMatchInlineSnapshot(`
      "roachy · reported 3s ago
      nodes 2 live, 1 draining, 1 dead · disk 42.0% of 3.6 TiB · ranges 4936
      unavailable ranges 1 · under-replicated ranges 0 · over-replicated ranges 2
      4939 QPS · heartbeat p99 12.3 ms (node 2) · clock offset -1.23 ms (node 10)
      SQL connections 36 · pending tasks 7 · jobs 1 · oldest task 3h 12m
      NODE  STATE     UP         UPTIME   DISK    MEM   QPS   HB P99   OFFSET      RTT
         1  live      yes        1d 10h  42.0%  42.3%  1235  6.23 ms  -123 µs  1.53 ms
         2  draining  not ready  1d 10h  42.0%  42.3%  1235  6.23 ms  -123 µs  1.53 ms
         3  dead      NO              –      –      –     –        –        –        –
        10  live      yes        1d 10h  42.0%  42.3%  2469  6.23 ms  -123 µs  1.53 ms
      no room for: VERSION, RANGES, REPL, LEASES, CONNS
      node 3: connection_refused · no answer: n3:8080 connection_refused"
    `);
    expect(Math.max(...text.split('\n').map(cells))).toBeLessThanOrEqual(80);
  });

  it('has colours where there is something to look at', () => {
    const text = show(boardOf({ data: metricsJson(cluster(), node('3', 'dead')) }), { width: 80, color: true });
    expect(text).toContain('\x1b[31mdead\x1b[0m');
    expect(text).toContain('\x1b[31munavailable ranges 1\x1b[0m');
    expect(text).toContain('under-replicated ranges 0 ·');
  });

  it('says that the probe failed, and nothing that is not known any more', () => {
    const text = show(boardOf({ data: roachy() }, { data: unreachable() }));
    expect(text.split('\n').slice(0, 2)).toEqual([
      'roachy · reported at 2026-11-21T12:00:10.000Z',
      expect.stringMatching(/^PROBE FAILED: timeout · nodes 2 live/),
    ]);
    expect(text).not.toContain('QPS ·');
    expect(text).toMatch(/no answer: n1:8080 timeout$/);
  });

  it('says since when reports do not come, once one is overdue', () => {
    const board = boardOf({ data: roachy() }, { data: roachy() });
    const heading = (afterMs: number): string => show(board, wide, startMs + 10_000 + afterMs).split('\n')[0]!;
    expect(heading(26_000)).toBe('roachy · reported 26s ago');
    expect(heading(26_100)).toBe('roachy · NO REPORT FOR 26s');
    expect(heading(3_600_000)).toBe('roachy · NO REPORT FOR 1h');
  });

  it('shows what is not known as –, never as 0', () => {
    const text = show(
      boardOf({
        data: metricsJson(node('1'), resource({ 'cockroachdb.node.id': '2' }, [gauge('cockroachdb.node.up', '1', 0)])),
      }),
    );
    expect(text).toMatch(/^ +2 +– +NO( +–){12}$/m);
    expect(text).toContain('nodes – · disk – of – · ranges – · unavailable ranges –');
  });

  it('adds up the stores of a node, exactly the used over the whole', () => {
    const full = resource({ 'cockroachdb.node.id': '1', 'cockroachdb.store.id': '2' }, [
      gauge('cockroachdb.store.capacity', 'By', [3e12, { state: 'used' }]),
      gauge('cockroachdb.store.capacity.limit', 'By', 3e12),
    ]);
    // (0.42 + 3) / (1 + 3) TB
    expect(show(boardOf({ data: metricsJson(node('1'), store('1', '1'), full) }))).toMatch(/^ +1 +live .* 85\.5%/m);
  });

  it('shows changes of state, and keeps its metrics while they come', () => {
    const text = show(
      boardOf({ data: roachy() }, { data: stateChange('draining \x1b[2J began', '2'), signal: 'logs' }),
    );
    expect(text).toContain('2  draining');
    expect(text).toMatch(/^12:00:00 · WARN · node 2 · draining \?\[2J began$/m);
  });
});

describe('series that end', () => {
  const up = (...points: Parameters<typeof gauge>[2][]) => resource({ host: 'a' }, [gauge('up', '1', ...points)]);
  const other = resource({ host: 'a' }, [gauge('load', '1', 5)]);

  it.each([
    ['in the same metric', metricsJson(up([2, { to: 'b' }], [Number.NaN, { to: 'a' }]), other)],
    ['apart from those that go on', metricsJson(up([2, { to: 'b' }]), other, up([Number.NaN, { to: 'a' }]))],
    ['before those that go on', metricsJson(up([Number.NaN, { to: 'a' }]), up([2, { to: 'b' }]), other)],
    ['alone', metricsJson(up([Number.NaN, { to: 'a' }]))],
  ])('are gone: %s', (_name, data) => {
    const text = show(boardOf({ data: metricsJson(up([1, { to: 'a' }], [2, { to: 'b' }]), other) }, { data }));
    expect(text).toMatch(/^up\{to=b} +2$/m);
    expect(text).not.toContain('to=a');
    expect(text).toMatch(/^load +5$/m);
  });

  it('all of them', () => {
    expect(
      show(
        boardOf(
          { data: metricsJson(other) },
          { data: metricsJson(resource({ host: 'a' }, [gauge('load', '1', Number.NaN)])) },
        ),
      ),
    ).toContain('All its series have ended.');
  });

  it('of which the report was missed are gone with the next one', () => {
    const board = boardOf({ data: roachy() });
    board.renew();
    expect(show(board)).toContain('2  draining');
    const json = { cluster: 'roachy', cursor: '9', time: new Date(startMs).toISOString(), signal: 'metrics' };
    board.take(reportOf(JSON.stringify({ ...json, data: metricsJson(node('1')) })));
    expect(show(board)).not.toContain('draining');
  });

  it('of before the service began anew are gone', () => {
    const board = boardOf({ data: roachy(), cursor: 900 }, { data: metricsJson(other), cluster: 'hosts', cursor: 1 });
    expect(board.clusters).toEqual(['hosts']);
  });
});

describe('reports of anything else', () => {
  const host = (name: string, used: number) =>
    resource({ 'host.name': name, 'os.type': 'linux' }, [
      gauge('system.memory.usage', 'By', [used, { state: 'used' }], [2 ** 30, { state: 'free' }]),
      gauge('system.cpu.utilization', '1', 0.25),
    ]);

  it('are a table of resources, the largest first', () => {
    const data = metricsJson(host('small', 1024), host('表表', 2 ** 31), host('evil\x1b[2J', 2 ** 20));
    expect(show(boardOf({ data, cluster: '' }))).toMatchInlineSnapshot(`
      "(no cluster name) · reported at 2026-11-21T12:00:00.000Z
      os.type: linux
      host.name  memory.usage{state=used}  memory.usage{state=free}  cpu.utilization
      表表                        2.0 GiB                   1.0 GiB            25.0%
      evil?[2J                    1.0 MiB                   1.0 GiB            25.0%
      small                       1.0 KiB                   1.0 GiB            25.0%"
    `);
  });

  it('are a list of series where there are few resources', () => {
    expect(show(boardOf({ data: metricsJson(host('one', 1024)) }))).toMatchInlineSnapshot(`
      "roachy · reported at 2026-11-21T12:00:00.000Z
      host.name: one · os.type: linux
      series                             value
      system.memory.usage{state=used}  1.0 KiB
      system.memory.usage{state=free}  1.0 GiB
      system.cpu.utilization             25.0%"
    `);
  });

  it('say what there is no room for', () => {
    const names = Array.from({ length: 40 }, (_, at) => host(`host-${at}`, at));
    const text = show(boardOf({ data: metricsJson(...names) }), { width: 60, color: false });
    expect(text.split('\n').slice(-3)).toMatchInlineSnapshot(`
      [
        "host-20                        20 B",
        "20 more rows",
        "no room for 2: memory.usage{state=free}, cpu.utilizati…",
      ]
    `);
    expect(text.split('\n').length).toBeLessThan(26);
  });

  it('cut a name, and not a value, where there is no room for both', () => {
    const data = metricsJson(resource({}, [gauge('a.name.that.is.longer.than.the.terminal.is.wide', 'By', 2048)]));
    expect(show(boardOf({ data }), { width: 30, color: false }).split('\n').slice(2)).toEqual([
      'series                   value',
      'a.name.that.is.longe…  2.0 KiB',
    ]);
  });

  it('say how many items there are of signals that are no table', () => {
    const spans = {
      resourceSpans: [{ resource: {}, scopeSpans: [{ scope: {}, spans: [{ name: 'a' }, { name: 'b' }] }] }],
    };
    expect(show(boardOf({ data: spans, signal: 'traces' }))).toContain('traces: 2 items in the newest report');
  });

  it('keep 64-bit integers, and distributions as count and mean', () => {
    const histogram = {
      name: 'rpc.duration',
      unit: 's',
      histogram: {
        aggregationTemporality: 2,
        dataPoints: [{ timeUnixNano: '1', count: '4', sum: 2, bucketCounts: ['1', '3'], explicitBounds: [1] }],
      },
    };
    const data = { resourceMetrics: [{ resource: {}, scopeMetrics: [{ scope: {}, metrics: [histogram] }] }] };
    expect(show(boardOf({ data }))).toContain('4 values, mean 500 ms');
    const big = metricsJson(resource({}, [gauge('total', '{x}', 9_223_372_036_854_775_807n)]));
    expect(show(boardOf({ data: big }))).toContain('9.2E');
  });
});

it.each([
  ['[]', 'a report has no cluster'],
  ['{', 'a report is not JSON'],
  ['{"cluster":"a","cursor":"x"}', 'a report has no cursor'],
  ['{"cluster":"a","cursor":"1","time":"soon"}', 'a report has no time'],
  ['{"cluster":"a","cursor":"1","time":"2026-11-21","signal":"x"}', 'a report is of the unknown signal x'],
  [
    '{"cluster":"a","cursor":"1","time":"2026-11-21","signal":"metrics","data":{"resourceMetrics":[3]}}',
    'resourceMetrics[0]: 3 is not an object',
  ],
])('a report that is %s says what is wrong', (json, message) => expect(() => reportOf(json)).toThrow(message));
