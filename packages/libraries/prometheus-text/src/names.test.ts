import { describe, expect, test } from 'vitest';
import { familyName, labelName, namingOf } from './names.ts';
import type { FamilyType, TranslationStrategy } from './names.ts';

const classic = namingOf('UnderscoreEscapingWithSuffixes');

describe('a metric name with suffixes', () => {
  const cases: { metric: [name: string, unit: string, type?: FamilyType]; want: string; unit?: string }[] = [
    { metric: ['process.memory.usage', 'By'], want: 'process_memory_usage_bytes', unit: 'bytes' },
    { metric: ['process.cpu.time', 's', 'counter'], want: 'process_cpu_time_seconds_total', unit: 'seconds' },
    { metric: ['http.requests', '{request}', 'counter'], want: 'http_requests_total' },
    { metric: ['requests_total', '', 'counter'], want: 'requests_total' },
    { metric: ['total.requests', '', 'counter'], want: 'requests_total' },
    { metric: ['memory_usage_bytes', 'By'], want: 'memory_usage_bytes', unit: 'bytes' },
    { metric: ['bytes.read', 'By'], want: 'bytes_read' },
    { metric: ['cpu.utilization', '1'], want: 'cpu_utilization_ratio', unit: 'ratio' },
    { metric: ['cpu_ratio', '1'], want: 'cpu_ratio', unit: 'ratio' },
    { metric: ['items', '1', 'counter'], want: 'items_total' },
    { metric: ['latency', '1', 'histogram'], want: 'latency' },
    { metric: ['fan', '%'], want: 'fan_percent', unit: 'percent' },
    { metric: ['throughput', 'By/s'], want: 'throughput_bytes_per_second', unit: 'bytes_per_second' },
    { metric: ['requests', '1/s'], want: 'requests_per_second', unit: 'per_second' },
    { metric: ['speed', 'm/s', 'counter'], want: 'speed_meters_per_second_total', unit: 'meters_per_second' },
    { metric: ['sent', 'By/{packet}'], want: 'sent_bytes', unit: 'bytes' },
    { metric: ['rate', '{packet}/s'], want: 'rate_per_second', unit: 'per_second' },
    { metric: ['custom', 'my unit'], want: 'custom_my_unit', unit: 'my_unit' },
    { metric: ['frequency', 'Hz'], want: 'frequency_hertz', unit: 'hertz' },
    { metric: ['delay', 'ms', 'histogram'], want: 'delay_milliseconds', unit: 'milliseconds' },
    { metric: ['9lives', ''], want: '_9lives' },
    { metric: ['a..b--c__d', ''], want: 'a_b_c_d' },
    { metric: ['recorded:rate', ''], want: 'recorded:rate' },
    { metric: ['память.rss', ''], want: 'rss' },
    { metric: ['память', 'By'], want: 'U___43f__430__43c__44f__442__44c__bytes', unit: 'bytes' },
    { metric: ['_', ''], want: 'U____' },
    { metric: ['', 'By'], want: '' },
  ];
  test.each(cases)('$metric → $want', ({ metric: [name, unit, type = 'gauge'], want, unit: shown = '' }) => {
    expect(familyName({ name, unit, type }, classic)).toEqual({ name: want, unit: shown });
  });
});

describe('a metric name by strategy', () => {
  const cases: { strategy: TranslationStrategy; namespace?: string; want: string }[] = [
    { strategy: 'UnderscoreEscapingWithSuffixes', want: 'http_server_duration_seconds_total' },
    {
      strategy: 'UnderscoreEscapingWithSuffixes',
      namespace: 'my.app',
      want: 'my_app_http_server_duration_seconds_total',
    },
    { strategy: 'UnderscoreEscapingWithoutSuffixes', want: 'http_server_duration' },
    { strategy: 'NoUTF8EscapingWithSuffixes', want: 'http.server.duration_seconds_total' },
    { strategy: 'NoUTF8EscapingWithSuffixes', namespace: 'my.app', want: 'my.app_http.server.duration_seconds_total' },
    { strategy: 'NoTranslation', want: 'http.server.duration' },
  ];
  test.each(cases)('$strategy $namespace', ({ strategy, namespace, want }) => {
    const metric = { name: 'http.server.duration', unit: 's', type: 'counter' } as const;
    expect(familyName(metric, namingOf(strategy, namespace)).name).toBe(want);
  });

  test('a suffix that is there is not added again', () => {
    const naming = namingOf('NoUTF8EscapingWithSuffixes');
    const named = (name: string, unit: string, type: FamilyType): string =>
      familyName({ name, unit, type }, naming).name;
    expect(named('cpu_seconds_total', 's', 'counter')).toBe('cpu_seconds_total');
    expect(named('cpu.ratio', '1', 'gauge')).toBe('cpu_ratio');
    expect(named('subtotal', '', 'counter')).toBe('subtotal_total');
  });
});

describe('a label name', () => {
  test.each([
    ['http.method', 'http_method', 'http.method'],
    ['a__b--c', 'a_b_c', 'a__b--c'],
    ['_hidden', '_hidden', '_hidden'],
    ['__name__', '_name_', '_name__'],
    ['1st', 'key_1st', '1st'],
    ['ключ', '_', 'ключ'],
    ['', '_', '_'],
    ['a:b', 'a_b', 'a:b'],
  ])('%s → %s, or %s in UTF-8', (attribute, want, wantUtf8) => {
    expect(labelName(attribute, { utf8: false })).toBe(want);
    expect(labelName(attribute, { utf8: true })).toBe(wantUtf8);
  });
});
