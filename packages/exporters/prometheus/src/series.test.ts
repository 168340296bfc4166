import type { InputOf, ResourceMetrics } from '@millrace/core';
import { endSeries, hrTime } from '@millrace/core';
import { describe, expect, test } from 'vitest';
import { fetched, gauge, page, point, start } from '../testdata/serving.ts';
import type definition from './index.ts';

describe('series', () => {
  test('that have ended are gone at the next scrape', async () => {
    const { url, take } = await start({ resource_constant_labels: { included: ['process.*'] } });
    const process = (pid: number): ResourceMetrics => gauge({ 'process.pid': pid }, point(pid));
    await take(process(1), process(2));
    expect((await fetched(url)).text).toContain('process_pid="1"');
    await take(endSeries(process(1), hrTime(1)));
    const { text } = await fetched(url);
    expect(text).not.toContain('process_pid="1"');
    expect(text).toContain('process_pid="2"');
  });

  test('of which nothing is heard go after metric_expiration', async () => {
    const { url, take, clock } = await start({ metric_expiration: '2m' });
    await take(gauge({}, point(1)));
    await clock.advance(120_000);
    expect((await fetched(url)).text).toBe(page);
    await clock.advance(1);
    expect((await fetched(url)).text).toBe('');
  });

  test('go also where nobody scrapes', async () => {
    const { url, take, clock } = await start({ metric_expiration: '2m' });
    await take(gauge({}, point(1, { gone: 'yes' })));
    await clock.advance(121_000);
    await take(gauge({}, point(1)));
    expect((await fetched(url)).text).toBe(page);
  });

  test('of the same labels are counted, and told once with what to do', async () => {
    const { url, take, context } = await start();
    for (let round = 0; round < 3; round += 1) await take(gauge({ pid: 1 }, point(5)), gauge({ pid: 2 }, point(1)));
    expect(await fetched(url)).toMatchObject({ status: 200, text: page });
    expect(context.dropped).toEqual({ duplicate_series: 5 });
    const warnings = context.lines.filter(({ level }) => level === 'warn');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatchObject({ fields: { metric: 'a_size_bytes' } });
    expect(warnings[0]!.message).toContain('resource_constant_labels');
  });
});

describe('labels of resources', () => {
  const attributes = { 'service.name': 'api', 'host.name': 'h', 'k8s.pod.name': 'p' };
  const cases: { config: InputOf<typeof definition.config>; want: string }[] = [
    { config: {}, want: 'job="api"' },
    { config: { resource_constant_labels: { included: ['host.name'] } }, want: 'host_name="h",job="api"' },
    { config: { resource_constant_labels: { included: ['k8s.*'] } }, want: 'job="api",k8s_pod_name="p"' },
    {
      config: { resource_constant_labels: { included: ['*.name'], excluded: ['k8s*', 'service.name'] } },
      want: 'host_name="h",job="api"',
    },
    {
      config: { resource_constant_labels: { excluded: ['service.*'] } },
      want: 'host_name="h",job="api",k8s_pod_name="p"',
    },
    { config: { resource_constant_labels: { included: ['host_name', 'hostXname'] } }, want: 'job="api"' },
    {
      config: { resource_to_telemetry_conversion: { enabled: true, exclude_service_attributes: true } },
      want: 'host_name="h",job="api",k8s_pod_name="p"',
    },
    {
      config: { resource_to_telemetry_conversion: { enabled: true } },
      want: 'host_name="h",job="api",k8s_pod_name="p",service_name="api"',
    },
    { config: { const_labels: { site: 'a', job: 'not me' } }, want: 'job="api",site="a"' },
  ];
  test.each(cases)('$config', async ({ config, want }) => {
    const { url, take } = await start({ ...config, without_scope_info: true, without_target_info: true });
    await take(gauge(attributes, point(1)));
    expect((await fetched(url)).text).toContain(`a_size_bytes{${want}} 1\n`);
  });
});

test('names follow the config', async () => {
  const { url, take } = await start({ namespace: 'my', add_metric_suffixes: false, send_timestamps: true });
  await take(gauge({}, { ...point(1), endTime: [17, 5_000_000] }, point(2, { time: 'unknown' })));
  const { text } = await fetched(url);
  expect(text).toContain('my_a_size{otel_scope_name="s"} 1 17005\n');
  expect(text).toContain('my_a_size{otel_scope_name="s",time="unknown"} 2\n');
});
