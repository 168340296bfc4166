import { describe, expect, it } from 'vitest';
import { isEnded, metricsBatch, type ResourceMetrics } from './batch.ts';
import { defineScraper, type Scrape } from './definition.ts';
import { createScraper, type MetricSettings } from './scraper.ts';
import { manualClock, render, testContext } from './testing/index.ts';

const metrics = {
  usage: { kind: 'gauge', unit: 'By', valueType: 'int', description: 'Bytes in use.' },
  time: {
    kind: 'counter',
    unit: 's',
    valueType: 'double',
    description: 'Seconds spent.',
    attributes: { mode: 'How.' },
  },
  extra: { kind: 'gauge', unit: '1', valueType: 'double', description: 'Off by default.', enabled: false },
} as const;

function scraper(scrape: (run: Scrape<typeof metrics>) => Promise<void>, settings: MetricSettings = {}) {
  const clock = manualClock();
  const definition = defineScraper({
    type: 'fake',
    description: 'A source for tests.',
    config: { properties: {} },
    metrics,
    create: () => ({ scrape }),
  });
  const instance = createScraper(definition, {}, testContext({ clock }), settings);
  return { clock, collect: (timeoutMs = 1000) => instance.collect({ timeoutMs }) };
}

const lines = (resourceMetrics: readonly ResourceMetrics[]): string[] =>
  render(metricsBatch(resourceMetrics)).trim().split('\n');

describe('scraper host', () => {
  it('makes an entity a resource, with one metric for all its points', async () => {
    const { collect } = scraper(async (run) => {
      const entity = run.entity({ name: 'a' });
      entity.record('time', 1.5, { mode: 'user' });
      entity.record('usage', 7);
      entity.record('time', 2, { mode: 'system' });
    });
    const { resourceMetrics } = await collect();
    expect(resourceMetrics).toHaveLength(1);
    expect(resourceMetrics[0]!.scopeMetrics[0]!.metrics.map(({ dataPoints }) => dataPoints.length)).toEqual([2, 1]);
    expect(lines(resourceMetrics)).toEqual([
      'time{name="a"|mode="system"} 2 s',
      'time{name="a"|mode="user"} 1.5 s',
      'usage{name="a"|} 7 By',
    ]);
  });

  it('keeps the resource of an entity identical, and its start time', async () => {
    const attributes = { name: 'a' };
    const { collect, clock } = scraper(async (run) => run.entity(attributes, { startTime: 1_500 }).record('usage', 1));
    const [first] = (await collect()).resourceMetrics;
    await clock.advance(1000);
    const [second] = (await collect()).resourceMetrics;
    expect(second!.resource).toBe(first!.resource);
    const [point] = second!.scopeMetrics[0]!.metrics[0]!.dataPoints;
    expect(point!.startTime).toEqual([1, 500_000_000]);
    expect(point!.endTime[0]).toBe(clock.now() / 1000);
  });

  it('ends the series of an entity that is gone, once', async () => {
    const names = ['a', 'b'];
    const { collect } = scraper(async (run) => {
      for (const name of names) run.entity({ name }).record('usage', 1);
    });
    await collect();
    names.pop();
    expect(lines((await collect()).resourceMetrics)).toEqual(['usage{name="a"|} 1 By', 'usage{name="b"|} ended By']);
    expect(lines((await collect()).resourceMetrics)).toEqual(['usage{name="a"|} 1 By']);
  });

  it('ends a series that an entity no longer has', async () => {
    const states = ['running'];
    const { collect } = scraper(async (run) => {
      const entity = run.entity({ name: 'a' });
      for (const state of states) entity.record('usage', 1, { state });
    });
    await collect();
    states[0] = 'asleep';
    expect(lines((await collect()).resourceMetrics)).toEqual([
      'usage{name="a"|state="asleep"} 1 By',
      'usage{name="a"|state="running"} ended By',
    ]);
  });

  it('an entity that comes back with the same attributes is a new one', async () => {
    const names = ['a'];
    const { collect, clock } = scraper(async (run) => {
      for (const name of names) run.entity({ name }).record('time', 1);
    });
    await collect();
    names.pop();
    await collect();
    await clock.advance(5000);
    names.push('a');
    const [back] = (await collect()).resourceMetrics;
    expect(back!.scopeMetrics[0]!.metrics[0]!.dataPoints[0]!.startTime[0]).toBe(clock.now() / 1000);
  });

  it('ends nothing after a scrape that broke off, and keeps what it had recorded', async () => {
    let broken = false;
    const { collect } = scraper(async (run) => {
      run.entity({ name: 'a' }).record('usage', 1);
      if (broken) throw new Error('disk on fire');
      run.entity({ name: 'b' }).record('usage', 1);
    });
    await collect();
    broken = true;
    const { resourceMetrics, errors } = await collect();
    expect(errors).toEqual([new Error('disk on fire')]);
    expect(lines(resourceMetrics)).toEqual(['usage{name="a"|} 1 By']);
    expect(
      resourceMetrics.flatMap((one) => one.scopeMetrics[0]!.metrics).some((metric) => metric.dataPoints.some(isEnded)),
    ).toBe(false);
  });

  it('does not overrun its timeout, and does not run a second scrape beside one that hangs', async () => {
    let calls = 0;
    const hang = Promise.withResolvers<void>();
    const { collect } = scraper((run) => {
      calls++;
      run.entity({ name: 'a' }).record('usage', 1);
      return hang.promise;
    });
    const { resourceMetrics, errors } = await collect(10);
    expect(String(errors[0])).toContain('did not end within its timeout of 10ms');
    expect(lines(resourceMetrics)).toEqual(['usage{name="a"|} 1 By']);
    expect(String((await collect(10)).errors[0])).toContain('has not ended yet');
    expect(calls).toBe(1);
    hang.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    await collect(10);
    expect(calls).toBe(2);
  });

  it('records only what is enabled, and tells the source so', async () => {
    const wanted: boolean[] = [];
    const run = async (one: Scrape<typeof metrics>): Promise<void> => {
      wanted.push(one.wants('extra'), one.wants('usage'));
      const entity = one.entity({ name: 'a' });
      entity.record('extra', 0.5);
      entity.record('usage', 1);
    };
    expect(lines((await scraper(run).collect()).resourceMetrics)).toEqual(['usage{name="a"|} 1 By']);
    const other = scraper(run, { extra: { enabled: true }, usage: { enabled: false } });
    expect(lines((await other.collect()).resourceMetrics)).toEqual(['extra{name="a"|} 0.5 1']);
    expect(wanted).toEqual([false, true, true, false]);
  });

  it('refuses a number that is not exact, and says which', async () => {
    const { collect } = scraper(async (run) => {
      const entity = run.entity({ name: 'a' });
      entity.record('usage', 1.5);
      entity.record('usage', 2 ** 53);
      entity.record('time', Number.NaN);
      entity.record('usage', 2n ** 60n);
      entity.record('time', undefined);
    });
    const { resourceMetrics, errors } = await collect();
    expect(errors.map(String)).toEqual([
      'RangeError: usage cannot be 1.5: an exact integer is needed.',
      'RangeError: usage cannot be 9007199254740992: an exact integer is needed.',
      'RangeError: time cannot be NaN: a finite number is needed.',
    ]);
    expect(lines(resourceMetrics)).toEqual(['usage{name="a"|} "1152921504606846976n" By']);
  });

  it('begins the counters of an entity anew when its start time is another', async () => {
    const attributes = { name: 'a' };
    let startTime = 1_500;
    const { collect } = scraper(async (run) => run.entity(attributes, { startTime }).record('time', 1));
    const started = async () =>
      (await collect()).resourceMetrics[0]!.scopeMetrics[0]!.metrics[0]!.dataPoints[0]!.startTime;
    expect(await started()).toEqual([1, 500_000_000]);
    startTime = 2_000;
    expect(await started()).toEqual([2, 0]);
  });

  it('gathers log records by what they are of, with the time of the scrape', async () => {
    const a = { name: 'a' };
    const { collect, clock } = scraper(async (run) => {
      run.log({ body: 'started', time: 1_500, eventName: 'container.start' }, a);
      run.log({ body: 'died', severityNumber: 13, attributes: { code: 137 } }, a);
      run.log({ body: 'nobody' });
    });
    const { resourceLogs } = await collect();
    const observedTime = [clock.now() / 1000, 0];
    expect(resourceLogs.map(({ resource, scopeLogs }) => [resource.attributes, scopeLogs[0]!.logRecords])).toEqual([
      [
        a,
        [
          { body: 'started', time: [1, 500_000_000], eventName: 'container.start', attributes: {}, observedTime },
          { body: 'died', severityNumber: 13, attributes: { code: 137 }, observedTime },
        ],
      ],
      [{}, [{ body: 'nobody', attributes: {}, observedTime }]],
    ]);
    expect((await collect()).resourceLogs).toHaveLength(2);
  });
});
