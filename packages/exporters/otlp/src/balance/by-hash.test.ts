import type { Batch } from '@millrace/core';
import { mergeBatches, PermanentError, ThrottleError } from '@millrace/core';
import { manualClock, testContext } from '@millrace/core/testing';
import { NoAnswer } from '@millrace/http-client';
import { batchFromRequest, encode } from '@millrace/otlp';
import { describe, expect, test } from 'vitest';
import { services, servicesIn } from '../../testdata/batches.ts';
import { fakeTarget, groupOf, servicesOf } from '../../testdata/targets.ts';
import { byHash } from './by-hash.ts';
import { healthOf } from './health.ts';

const names = Array.from({ length: 60 }, (_, index) => `shop-${index}`);
const nobody = (): Error => new NoAnswer('nobody there', { sent: false });

function three() {
  const targets = [fakeTarget('a'), fakeTarget('b'), fakeTarget('c')] as const;
  const clock = manualClock();
  const context = testContext({ clock });
  const group = groupOf(targets);
  const health = healthOf({ clock, tell: () => {} });
  const out = byHash(group, { key: 'resource', health, context });
  /** What each has, sorted, since the last time. */
  const shares = (): string[][] =>
    targets.map((target) => [...servicesOf(target), ...(void target.taken.splice(0), [])].sort());
  return { targets, group, out, clock, context, shares };
}

const sorted = (list: readonly string[]): string[] => [...list].sort();

describe('by hash', () => {
  test('the same data goes to the same place, in one request each', async () => {
    const { out, shares, targets } = three();
    await out.consume(services(names));
    const first = shares();
    expect(sorted(first.flat())).toEqual(sorted(names));
    expect(targets.map(({ calls }) => calls)).toEqual([1, 1, 1]);
    await out.consume(batchFromRequest('metrics', encode(services(names.toReversed()))));
    expect(shares()).toEqual(first);
    await out.consume(mergeBatches(names.map((name) => services([name]))));
    expect(shares()).toEqual(first);
    expect(targets.map(({ calls }) => calls)).toEqual([3, 3, 3]);
  });

  test('only the share of one that does not answer moves, and it moves back', async () => {
    const { out, shares, targets, clock, group } = three();
    await out.consume(services(names));
    const before = shares();
    targets[1].answer = nobody;
    await out.consume(services(names));
    const without = shares();
    expect(sorted(without.flat())).toEqual(sorted(names));
    expect(without[1]).toEqual([]);
    expect(without[0]).toEqual(expect.arrayContaining(before[0]!));
    expect(without[2]).toEqual(expect.arrayContaining(before[2]!));
    expect(without[0]!.length).toBeGreaterThan(before[0]!.length);
    expect(without[2]!.length).toBeGreaterThan(before[2]!.length);
    expect(group.renewed).toBe(1);
    const { calls } = targets[1];
    await out.consume(services(names));
    expect(shares()).toEqual(without);
    expect(targets[1].calls).toBe(calls);
    targets[1].answer = () => undefined;
    await clock.advance(1000);
    await out.consume(services(names));
    expect(shares()).toEqual(before);
  });

  test('a retry of the same batch sends what was not taken, and no more', async () => {
    const { out, shares, targets, clock } = three();
    await out.consume(services(names));
    const before = shares();
    targets[2].answer = () => new ThrottleError('busy', 7000);
    const batch = services(names);
    await expect(out.consume(batch)).rejects.toMatchObject({ retryAfterMs: 7000 });
    expect(shares()).toEqual([before[0], before[1], []]);
    await expect(out.consume(batch)).rejects.toThrow('busy');
    expect(shares()).toEqual([[], [], []]);
    targets[2].answer = () => undefined;
    await clock.advance(7000);
    await out.consume(batch);
    expect(shares()).toEqual([[], [], before[2]]);
    // Who gives the same batch again after that wants it sent again.
    await out.consume(batch);
    expect(shares()).toEqual(before);
  });

  test('all down: nothing is lost, and nothing is sent twice', async () => {
    const { out, shares, targets } = three();
    for (const target of targets) target.answer = nobody;
    const batch = mergeBatches([services(names.slice(0, 20)), services(names.slice(20))]);
    for (let time = 0; time < 3; time++) await expect(out.consume(batch)).rejects.toThrow('nobody there');
    targets[0].answer = () => undefined;
    await out.consume(batch);
    expect(shares()).toEqual([sorted(names), [], []]);
  });

  const bad = (batch: Batch): unknown =>
    servicesIn(encode(batch)).includes('bad') ? new PermanentError('no such tenant') : undefined;

  test('what is refused for good is counted; what came with it is not lost', async () => {
    const { out, shares, targets, context } = three();
    for (const target of targets) target.answer = bad;
    await out.consume(mergeBatches([services(names), services(['bad']), services(['good'])]));
    expect(sorted(shares().flat())).toEqual(sorted([...names, 'good']));
    expect(context.dropped).toEqual({ rejected_by_backend: 1 });
    expect(context.lines).toMatchObject([{ level: 'warn', fields: { error: 'no such tenant' } }]);
  });

  test('where nothing of it is taken, the error says so', async () => {
    const { out, targets, context } = three();
    for (const target of targets) target.answer = () => new PermanentError('no such tenant');
    await expect(out.consume(services(names))).rejects.toThrow('no such tenant');
    expect(context.dropped).toEqual({});
  });

  test('one that is refused and one that is busy: the rest is tried again, and then the refusal is counted', async () => {
    const { out, targets, context, shares } = three();
    await out.consume(services(names));
    const before = shares();
    targets[0].answer = () => new PermanentError('no');
    targets[1].answer = () => new Error('busy');
    const batch = services(names);
    await expect(out.consume(batch)).rejects.toThrow('busy');
    expect(context.dropped).toEqual({});
    targets[1].answer = () => undefined;
    await out.consume(batch);
    expect(shares()).toEqual([[], before[1], before[2]]);
    expect(context.dropped).toEqual({ rejected_by_backend: before[0]!.length });
  });
});
