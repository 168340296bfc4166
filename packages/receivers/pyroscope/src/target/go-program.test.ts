import { type Batch, isEnded, type NumberPoint, systemClock } from '@millrace/core';
import { manualClock, sink, type Sink } from '@millrace/core/testing';
import { decodeProfiles } from '@millrace/otlp-profiles';
import { lookEveryMs } from '@millrace/target-files';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildProgram, type GoPrograms, hasGo } from '../testdata/go-program.ts';
import { metricsOf, pulling } from '../testdata/pulling.ts';

if (!hasGo) console.error('!!! There is no Go, so nothing is pulled from a program of Go.');

interface Point {
  readonly metric: string;
  readonly type: string;
  readonly value: number | 'ended';
  readonly pid: unknown;
}

/** The points of a function, as they came. */
const pointsOf = (batches: readonly Batch[], name: string): Point[] =>
  metricsOf(batches).flatMap(({ resourceMetrics }) =>
    resourceMetrics.flatMap(({ resource, scopeMetrics }) =>
      scopeMetrics.flatMap(({ metrics }) =>
        metrics.flatMap(({ descriptor, dataPoints }) =>
          (dataPoints as readonly NumberPoint[])
            .filter(({ attributes }) => attributes['code.function.name'] === name)
            .map((point) => ({
              metric: descriptor.name,
              type: String(point.attributes['profile.type']),
              value: isEnded(point) ? ('ended' as const) : Number(point.value),
              pid: resource.attributes['process.pid'],
            })),
        ),
      ),
    ),
  );

const values = (batches: readonly Batch[], name: string, metric: string) =>
  pointsOf(batches, name)
    .filter((point) => point.metric === metric)
    .map(({ value }) => value);

/** Lets intervals of 15 s pass until it is so. */
async function until(clock: ReturnType<typeof manualClock>, isSo: () => boolean): Promise<void> {
  for (const late = Date.now() + 15_000; !isSo(); ) {
    if (Date.now() > late) throw new Error('It has not come.');
    await clock.advance(15_000);
    for (const soon = Date.now() + 2_000; !isSo() && Date.now() < soon; ) await systemClock.sleep(20);
  }
}

const mb = 2 ** 20;
const off = { enabled: false };
const none = { process_cpu: off, memory: off, goroutine: off, mutex: off, block: off };

describe.runIf(hasGo)('a program of Go', () => {
  let programs: GoPrograms;
  beforeAll(() => void (programs = buildProgram()), 120_000);
  afterAll(() => programs?.remove());

  it('gives what it has allocated since the last time, and what it has in use', async () => {
    const program = await programs.start();
    const clock = manualClock();
    const out: Sink = sink();
    await program.ask('/allocate?n=5');
    const target = { urls: [program.endpoint], service_name: 'shop', profiles: { ...none, memory: {} } };
    const run = await pulling({ targets: [target] }, { clock, next: out, wants: ['metrics', 'profiles'] });
    try {
      await until(clock, () => out.batches.length >= 2);
      // What was allocated before it was first looked at is of no known time.
      expect(values(out.batches, 'main.allocate', 'profile.alloc_space.self')).toEqual([]);
      expect(values(out.batches, 'main.allocate', 'profile.inuse_space.self')).toEqual([expect.closeTo(5 * mb, -5)]);
      await program.ask('/allocate?n=3');
      await until(clock, () => out.batches.length >= 4);
      const allocated = values(out.batches, 'main.allocate', 'profile.alloc_space.self');
      expect(allocated).toEqual([expect.closeTo(3 * mb, -4)]);
      expect(values(out.batches, 'main.allocate', 'profile.alloc_objects.self')[0]).toBeGreaterThanOrEqual(3);
      expect(values(out.batches, 'main.allocate', 'profile.inuse_space.self').at(-1)).toEqual(
        expect.closeTo(8 * mb, -5),
      );
      const second = out.batches.filter(({ signal }) => signal === 'profiles')[1]!;
      if (second.signal !== 'profiles') throw new Error('no profiles');
      const decoded = decodeProfiles(second.request);
      expect(decoded[0]!.profile.durationNanos).toBe(15_000_000_000n);
      expect(run.context.lines).toEqual([]);
    } finally {
      await run.stop();
      await program.stop();
    }
  }, 60_000);

  it('gives its CPU, locks, waits and goroutines', async () => {
    const program = await programs.start();
    const clock = manualClock();
    const out = sink();
    await program.ask('/burn');
    const target = { urls: [program.endpoint], delta_profiling_duration: '1s', profiles: { memory: off } };
    const run = await pulling({ targets: [target] }, { clock, next: out, wants: ['metrics', 'logs'] });
    try {
      const cpu = (): unknown[] => values(out.batches, 'main.burn', 'profile.cpu.self');
      const delays = () =>
        pointsOf(out.batches, 'main.contend.func1').filter(({ metric }) => metric === 'profile.delay.total');
      await program.ask('/contend');
      await until(clock, () => cpu().length > 0);
      await program.ask('/contend');
      await until(clock, () => new Set(delays().map(({ type }) => type)).size === 2);
      expect(cpu()[0]).toBeGreaterThan(100_000_000);
      expect(cpu()[0]).toBeLessThan(2_000_000_000);
      for (const { value } of delays()) expect(value).toBeGreaterThan(5_000_000);
      expect(values(out.batches, 'main.burn', 'profile.goroutine.total')[0]).toBe(1);
      const reports = out.batches.flatMap((batch) =>
        batch.signal === 'logs' ? [String(batch.resourceLogs[0]!.scopeLogs[0]!.logRecords[0]!.body)] : [],
      );
      expect(reports.find((text) => text.includes('process_cpu'))).toContain('main.burn');
    } finally {
      await run.stop();
      await program.stop();
    }
  }, 60_000);

  it('is found among the processes, and again when it was started anew', async () => {
    const first = await programs.start(['--port=0', '--']);
    const port = Number(new URL(first.endpoint).port);
    await first.stop();
    const start = () => programs.start([`--port=${port}`]);
    const clock = manualClock();
    const out = sink();
    let program = await start();
    const target = {
      processes: [
        {
          name: '^pprof-program$',
          cmdline: `--port=(?<port>${port})$`,
          url: 'http://127.0.0.1:{port}',
          service_name: 'go-{name}',
        },
      ],
      profiles: { ...none, goroutine: {} },
    };
    const run = await pulling({ targets: [target] }, { clock, next: out, wants: ['metrics'] });
    const mains = () => pointsOf(out.batches, 'main.main').filter(({ metric }) => metric.endsWith('total'));
    try {
      await until(clock, () => mains().some(({ pid, value }) => pid === program.pid && value === 1));
      const before = program.pid;
      await program.stop();
      program = await start();
      await clock.advance(lookEveryMs);
      await until(clock, () => mains().some(({ pid, value }) => pid === program.pid && value === 1));
      // The series of the one that is gone have ended, once.
      expect(mains().filter(({ pid, value }) => pid === before && value === 'ended')).toHaveLength(1);
      expect(metricsOf(out.batches)[0]!.resourceMetrics[0]!.resource.attributes).toMatchObject({
        'service.name': 'go-pprof-program',
        'process.pid': before,
        'server.port': port,
      });
    } finally {
      await run.stop();
      await program.stop();
    }
  }, 60_000);
});
