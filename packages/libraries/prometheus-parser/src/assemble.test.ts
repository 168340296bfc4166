import type { MetricData, ScopeMetrics } from '@millrace/core';
import { isEnded, nanoseconds } from '@millrace/core';
import { describe, expect, test } from 'vitest';
import type { AssemblerOptions, Format } from './index.ts';
import { createAssembler } from './index.ts';

const kinds = ['histogram', 'exponential', 'gauge', 'sum', 'summary'];

/** What says all of a point, short. */
function linesOf(scopeMetrics: readonly ScopeMetrics[]): string[] {
  const text = (value: unknown): string =>
    JSON.stringify(value, (_, one: unknown) =>
      typeof one === 'bigint' || (typeof one === 'number' && !Number.isFinite(one)) ? String(one) : one,
    );
  return scopeMetrics.flatMap(({ scope, metrics }) =>
    (metrics as readonly MetricData[]).flatMap((metric) =>
      metric.dataPoints.map((point) => {
        const { descriptor } = metric;
        const kind = `${kinds[metric.dataPointType]}${'isMonotonic' in metric && metric.isMonotonic ? '+' : ''}`;
        const times = [point.startTime, point.endTime].map((time) => nanoseconds(time) / 1_000_000n).join('-');
        const value = isEnded(point) ? 'ended' : text(point.value);
        const exemplars = point.exemplars ? ` ${text(point.exemplars)}` : '';
        return `${scope.name === 'test' ? '' : `${text(scope)} `}${descriptor.name}[${descriptor.unit}] ${kind} ${text(point.attributes)} ${times} ${value}${exemplars}`;
      }),
    ),
  );
}

function target(options: Partial<AssemblerOptions> = {}, format: Format = 'openmetrics') {
  const assembler = createAssembler({ scope: { name: 'test' }, ...options });
  return {
    assembler,
    scrape(text: string, timeMs = 1000) {
      const page = assembler.begin({ format, timeMs });
      page.push(Buffer.from(format === 'openmetrics' ? `${text}# EOF\n` : text));
      const { scopeMetrics, dropped, ...rest } = page.end();
      return { lines: linesOf(scopeMetrics), dropped: Object.fromEntries(dropped), scopeMetrics, ...rest };
    },
  };
}

interface Case {
  readonly what: string;
  readonly text: string;
  readonly lines: readonly string[];
  readonly dropped?: Readonly<Record<string, number>>;
  readonly format?: Format;
}

const trace = '0123456789ABCDEF0123456789abcdef';

const cases: readonly Case[] = [
  { what: 'a counter', text: '# TYPE a counter\na_total 5\n', lines: ['a_total[] sum+ {} 1000-1000 5'] },
  {
    what: 'a counter that says when it began',
    text: '# TYPE a counter\na_total 5\na_created 0.5\na_total{b="c"} 6\n',
    lines: ['a_total[] sum+ {} 500-1000 5', 'a_total[] sum+ {"b":"c"} 1000-1000 6'],
  },
  {
    what: 'a counter of the text format',
    format: 'prometheus',
    text: '# TYPE a_total counter\na_total 5\n',
    lines: ['a_total[] sum+ {} 1000-1000 5'],
  },
  {
    what: 'a gauge with a unit',
    text: '# TYPE a_seconds gauge\n# UNIT a_seconds seconds\na_seconds -1.5\n',
    lines: ['a_seconds[s] gauge {} 0-1000 -1.5'],
  },
  {
    what: 'no type',
    text: 'a 1\na_total 2\na_bucket{le="1"} 3\n',
    lines: ['a[] gauge {} 0-1000 1', 'a_total[] gauge {} 0-1000 2', 'a_bucket[] gauge {"le":"1"} 0-1000 3'],
  },
  {
    what: 'values that are no numbers',
    text: 'a NaN\nb +Inf\n',
    lines: ['a[] gauge {} 0-1000 "NaN"', 'b[] gauge {} 0-1000 "Infinity"'],
  },
  {
    what: 'info and stateset',
    text: '# TYPE a info\na_info{v="1"} 1\n# TYPE b stateset\nb{b="on"} 1\nb{b="off"} 0\n',
    lines: ['a_info[] sum {"v":"1"} 1000-1000 1', 'b[] sum {"b":"on"} 1000-1000 1', 'b[] sum {"b":"off"} 1000-1000 0'],
  },
  {
    what: 'histograms, their lines in any order',
    text: '# TYPE a histogram\na_bucket{b="c",le="1"} 3\na_bucket{b="c",le="0.1"} 1\na_sum{b="c"} 9.5\na_bucket{b="c",le="+Inf"} 4\na_bucket{le="+Inf"} 0\na_count{b="c"} 4\na_count 0\na_created{b="c"} 0.25\n',
    lines: [
      'a[] histogram {"b":"c"} 250-1000 {"count":4,"buckets":{"boundaries":[0.1,1],"counts":[1,2,1]},"sum":9.5}',
      'a[] histogram {} 1000-1000 {"count":0,"buckets":{"boundaries":[],"counts":[0]}}',
    ],
  },
  {
    what: 'a histogram without buckets, and one without +Inf',
    text: '# TYPE a histogram\na_count 4\na_sum 2\n# TYPE b histogram\nb_bucket{le="1"} 3\nb_count 4\n',
    lines: [
      'a[] histogram {} 1000-1000 {"count":4,"buckets":{"boundaries":[],"counts":[]},"sum":2}',
      'b[] histogram {} 1000-1000 {"count":4,"buckets":{"boundaries":[1],"counts":[3,1]}}',
    ],
  },
  {
    what: 'histograms that are none',
    text: '# TYPE a histogram\na_bucket{le="+Inf"} 1\na_sum 1\n# TYPE b histogram\nb_bucket{le="1"} 3\nb_bucket{le="2"} 2\nb_count 3\n# TYPE c histogram\nc_bucket{le="x"} 1\nc_bucket 1\nc 1\n# TYPE d histogram\nd_count 1.5\n# TYPE e histogram\ne_bucket{le="1"} 2\ne_count 1\n# TYPE f histogram\nf_bucket{le="1"} 1\nf_bucket{le="1.0"} 1\nf_count 1\n',
    lines: [],
    dropped: { invalid_histogram: 2 + 3 + 3 + 1 + 2 + 3 },
  },
  {
    what: 'counts beyond 2^53',
    text: '# TYPE a histogram\na_bucket{le="1"} 9007199254740992\na_bucket{le="+Inf"} 18014398509481984\na_count 18014398509481984\n',
    lines: [
      'a[] histogram {} 1000-1000 {"count":"18014398509481984","buckets":{"boundaries":[1],"counts":["9007199254740992","9007199254740992"]}}',
    ],
  },
  {
    what: 'a summary',
    text: '# TYPE a summary\na{quantile="0.9"} NaN\na{quantile="0.5"} 1\na_count 2\n# TYPE b summary\nb_count{c="d"} 2\nb_sum{c="d"} 3\n',
    lines: [
      'a[] summary {} 1000-1000 {"count":2,"sum":0,"quantiles":[{"quantile":0.5,"value":1},{"quantile":0.9,"value":"NaN"}]}',
      'b[] summary {"c":"d"} 1000-1000 {"count":2,"sum":3,"quantiles":[]}',
    ],
  },
  {
    what: 'summaries that are none',
    text: '# TYPE a summary\na{quantile="0.9"} 1\na_sum 1\n# TYPE b summary\nb 1\nb{quantile="x"} 1\nb_count -1\n',
    lines: [],
    dropped: { invalid_summary: 2 + 2 + 1 },
  },
  {
    what: 'a gaugehistogram',
    text: '# TYPE a gaugehistogram\na_bucket{le="+Inf"} 1\na_gcount 1\na_gsum 1\n',
    lines: [],
    dropped: { unsupported_type: 3 },
  },
  {
    what: 'families that are mixed',
    text: '# TYPE a counter\n# TYPE b gauge\na_total{c="1"} 1\nb 1\na_total{c="2"} 2\n',
    lines: ['a_total[] sum+ {"c":"1"} 1000-1000 1', 'a_total[] sum+ {"c":"2"} 1000-1000 2', 'b[] gauge {} 0-1000 1'],
  },
  {
    what: 'samples that are there twice',
    text: 'a 1\na 2\nb 1 5\nb 2 6\nb 3 6\nb 4 5.5\n',
    lines: ['a[] gauge {} 0-1000 1', 'b[] gauge {} 0-5000 1', 'b[] gauge {} 0-6000 2'],
    dropped: { duplicate_sample: 2, out_of_order: 1 },
  },
  {
    what: 'exemplars',
    text: `# TYPE a counter\na_total 1 # {trace_id="${trace}",span_id="0123456789abcdef",b="c"} 0.5 7\n# TYPE h histogram\nh_bucket{le="1"} 1 # {trace_id="x"} 0.5\nh_bucket{le="+Inf"} 2 # {} 3 4\nh_count 2\n`,
    lines: [
      `a_total[] sum+ {} 1000-1000 1 [{"time":[7,0],"value":0.5,"filteredAttributes":{"b":"c"},"traceId":"${trace.toLowerCase()}","spanId":"0123456789abcdef"}]`,
      'h[] histogram {} 1000-1000 {"count":2,"buckets":{"boundaries":[1],"counts":[1,1]}} [{"time":[1,0],"value":0.5,"filteredAttributes":{"trace_id":"x"}},{"time":[4,0],"value":3}]',
    ],
  },
  {
    what: 'scopes',
    text: '# TYPE otel_scope info\notel_scope_info{otel_scope_name="lib",otel_scope_version="1",animal="bear"} 1\na{otel_scope_name="lib",otel_scope_version="1",otel_scope_kind="x",b="c"} 1\nb{otel_scope_name="other"} 2\nc 3\n',
    lines: [
      '{"name":"lib","version":"1","attributes":{"animal":"bear","kind":"x"}} a[] gauge {"b":"c"} 0-1000 1',
      '{"name":"other"} b[] gauge {} 0-1000 2',
      'c[] gauge {} 0-1000 3',
    ],
  },
];

describe('a page', () => {
  test.each(cases)('$what', ({ text, lines, dropped = {}, format }) => {
    const page = target({}, format).scrape(text);
    expect(page.lines).toEqual(lines);
    expect(page.dropped).toEqual(dropped);
  });
});

test('says what it is', () => {
  const { scopeMetrics } = target().scrape('# TYPE a counter\n# HELP a What it is.\na_total 1\n');
  expect(scopeMetrics[0]?.metrics[0]?.descriptor).toEqual({
    name: 'a_total',
    description: 'What it is.',
    unit: '',
    valueType: 1,
    metadata: { 'prometheus.type': 'counter' },
  });
});

test('target_info is of the resource', () => {
  const { scrape } = target();
  const first = scrape('# TYPE target info\ntarget_info{env="prod"} 1\na 1\n');
  expect(first).toMatchObject({ target: { env: 'prod' }, lines: ['a[] gauge {} 0-1000 1'] });
  expect(scrape('# TYPE target info\ntarget_info{env="prod"} 1\na 1\n').target).toBe(first.target);
  expect(scrape('a 1\n').target).toBeUndefined();
});

describe('from page to page', () => {
  const page =
    '# TYPE a counter\na_total{b="1"} 5\na_total{b="2"} 5\n# TYPE h histogram\nh_bucket{c="d",le="1"} 1\nh_count{c="d"} 1\n';

  test('attributes, descriptors and boundaries stay the same', () => {
    const { scrape } = target();
    const [first, second] = [scrape(page), scrape(page, 2000)].map(({ scopeMetrics }) => scopeMetrics[0]!.metrics);
    expect(second!.map(({ descriptor }) => descriptor)).toEqual(first!.map(({ descriptor }) => descriptor));
    for (const [at, metric] of second!.entries()) {
      expect(metric.descriptor).toBe(first![at]!.descriptor);
      for (const [place, point] of metric.dataPoints.entries())
        expect(point.attributes).toBe(first![at]!.dataPoints[place]!.attributes);
    }
    const bounds = [first, second].map((metrics) => {
      const value = metrics!.at(-1)!.dataPoints[0]!.value as { buckets: { boundaries: unknown } };
      return value.buckets.boundaries;
    });
    expect(bounds[1]).toBe(bounds[0]);
  });

  test('counters begin at the first page, or anew when they go down', () => {
    const { scrape } = target();
    const counter = (value: number): string => `# TYPE a counter\na_total ${value}\n`;
    expect(scrape(counter(5), 1000).lines).toEqual(['a_total[] sum+ {} 1000-1000 5']);
    expect(scrape(counter(7), 2000).lines).toEqual(['a_total[] sum+ {} 1000-2000 7']);
    expect(scrape(counter(1), 3000).lines).toEqual(['a_total[] sum+ {} 3000-3000 1']);
    expect(scrape(counter(2), 4000).lines).toEqual(['a_total[] sum+ {} 3000-4000 2']);
  });

  test('a metric that says when the others began', () => {
    const { scrape } = target({ startTimeMetric: (name) => name === 'process_start_time_seconds' });
    expect(scrape('# TYPE a counter\na_total 5\nprocess_start_time_seconds 0.75\n').lines[0]).toBe(
      'a_total[] sum+ {} 750-1000 5',
    );
  });

  test('series that are gone have ended', () => {
    const { scrape } = target();
    scrape(page);
    const { lines, added } = scrape('# TYPE a counter\na_total{b="2"} 5\n', 2000);
    expect(lines).toEqual([
      'a_total[] sum+ {"b":"2"} 1000-2000 5',
      'a_total[] sum+ {"b":"1"} 1000-2000 ended',
      'h[] histogram {"c":"d"} 1000-2000 ended',
    ]);
    expect(added).toBe(0);
    expect(scrape('# TYPE a counter\na_total{b="2"} 5\n', 3000).lines).toHaveLength(1);
  });

  test('the same labels in another order are no other series', () => {
    const { scrape } = target();
    scrape('a{b="1",c="2"} 1\n');
    expect(scrape('a{c="2",b="1"} 1\n').lines).toEqual(['a[] gauge {"c":"2","b":"1"} 0-1000 1']);
  });

  test('series with times of their own just stop, unless that is asked for', () => {
    for (const endTimestamped of [false, true]) {
      const { scrape } = target({ endTimestamped });
      scrape('a 1 0.5\n');
      expect(scrape('').lines).toEqual(endTimestamped ? ['a[] gauge {} 0-1000 ended'] : []);
    }
  });

  test('the times of the page can be ignored', () => {
    expect(target({ timestamps: 'ignore' }).scrape('a 1 5\na 2 6\n')).toMatchObject({
      lines: ['a[] gauge {} 0-1000 1'],
      dropped: { duplicate_sample: 1 },
    });
  });

  test('all can be ended, and come back', () => {
    const { scrape, assembler } = target();
    scrape(page);
    expect(linesOf(assembler.endAll(2000))).toEqual([
      'a_total[] sum+ {"b":"1"} 1000-2000 ended',
      'a_total[] sum+ {"b":"2"} 1000-2000 ended',
      'h[] histogram {"c":"d"} 1000-2000 ended',
    ]);
    expect(assembler.endAll(3000)).toEqual([]);
    expect(scrape(page, 4000).lines[0]).toBe('a_total[] sum+ {"b":"1"} 1000-4000 5');
  });

  test('a page that fails leaves nothing behind', () => {
    const { scrape } = target();
    scrape(page);
    expect(() => scrape('# TYPE new gauge\nnew 1\na_total{b="3"} 1\nx x\n')).toThrow('Line 4');
    const { lines, added } = scrape(page, 2000);
    expect(lines).toHaveLength(3);
    expect(added).toBe(0);
    expect(scrape('# TYPE a counter\na_total{b="3"} 1\n', 3000).added).toBe(1);
  });

  test('a type that changes', () => {
    const { scrape } = target();
    expect(scrape('# TYPE a gauge\na 1\n').lines).toEqual(['a[] gauge {} 0-1000 1']);
    expect(scrape('# TYPE a counter\na 1\n').lines).toEqual(['a[] sum+ {} 1000-1000 1']);
    expect(scrape('a 1\n').lines).toEqual(['a[] sum+ {} 1000-1000 1']);
    expect(scrape('a 1\n').lines).toEqual(['a[] gauge {} 0-1000 1']);
  });
});

test('relabelling renames, drops and joins', () => {
  let asked = 0;
  const { scrape } = target({
    wanted: (name) => name !== 'unwanted',
    relabel({ name, labels: { drop, ...labels } }) {
      asked++;
      return drop === 'series' ? undefined : { name: `x_${name}`, labels };
    },
  });
  const text = 'a{drop="series"} 1\na{drop="1",b="c"} 2\na{drop="2",b="c"} 3\nunwanted 4\n';
  expect(scrape(text)).toMatchObject({
    lines: ['x_a[] gauge {"b":"c"} 0-1000 2'],
    dropped: { duplicate_sample: 1 },
    samples: 3,
    taken: 2,
  });
  scrape(text);
  expect(asked).toBe(3);
  // It is there as long as one of its series is.
  expect(scrape('a{drop="2",b="c"} 3\n').lines).toEqual(['x_a[] gauge {"b":"c"} 0-1000 3']);
  expect(scrape('').lines).toEqual(['x_a[] gauge {"b":"c"} 0-1000 ended']);
});
