import { isPermanent, PermanentError, ThrottleError } from '@millrace/core';
import { manualClock } from '@millrace/core/testing';
import { NoAnswer, wasNotSent } from '@millrace/http-client';
import { describe, expect, test } from 'vitest';
import { gauge } from '../../testdata/batches.ts';
import { fakeTarget, groupOf } from '../../testdata/targets.ts';
import { healthOf } from './health.ts';
import { inTurn } from './in-turn.ts';

const clock = manualClock();
const nobody = (): Error => new NoAnswer('nobody there', { sent: false });

function three(order: 'round_robin' | 'pick_first' = 'round_robin', movesOn = (error: unknown) => !isPermanent(error)) {
  const targets = [fakeTarget('a'), fakeTarget('b'), fakeTarget('c')] as const;
  const said: string[] = [];
  const tell = (fields: object, message: string): void => void said.push(`${JSON.stringify(fields)} ${message}`);
  const group = groupOf(targets);
  const out = inTurn(group, { order, movesOn, health: healthOf({ clock, tell }) });
  const counts = () => targets.map(({ calls }) => calls);
  const send = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time++) await out.consume(gauge());
  };
  return { targets, group, said, out, counts, send };
}

describe('round_robin', () => {
  test('gives each its turn', async () => {
    const { send, counts } = three();
    await send(9);
    expect(counts()).toEqual([3, 3, 3]);
  });

  test('goes on at once where one fails, leaves it alone, tries it again after 1 s, 2 s, 4 s … 30 s', async () => {
    const { targets, send, counts, said, group } = three();
    targets[1].answer = nobody;
    await send(10);
    expect(counts()).toEqual([5, 1, 5]);
    expect(group.renewed).toBe(1);
    const waits: number[] = [];
    for (let calls = 1, second = 1, last = 0; waits.length < 7; second++) {
      await clock.advance(1000);
      await send(3);
      if (targets[1].calls === calls) continue;
      expect(targets[1].calls).toBe(++calls);
      waits.push(second - last);
      last = second;
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 30, 30]);
    targets[1].answer = () => undefined;
    await clock.advance(30_000);
    const before = targets[1].calls;
    await send(6);
    expect(targets[1].calls).toBe(before + 2);
    expect(said).toEqual([
      '{"endpoint":"b","error":"nobody there"} An endpoint fails; the others take its data.',
      '{"endpoint":"b"} The endpoint takes data again.',
    ]);
  });

  test('goes once around where all fail, and again at the next batch', async () => {
    const { targets, out, counts } = three();
    for (const target of targets) target.answer = nobody;
    await expect(out.consume(gauge())).rejects.toThrow('nobody there');
    expect(counts()).toEqual([1, 1, 1]);
    await expect(out.consume(gauge())).rejects.toThrow('nobody there');
    expect(counts()).toEqual([2, 2, 2]);
  });

  test('keeps to the time that each asks for', async () => {
    const { targets, out, counts } = three();
    for (const [index, target] of targets.entries())
      target.answer = () => new ThrottleError('busy', 5000 + 1000 * index);
    await expect(out.consume(gauge())).rejects.toMatchObject({ retryAfterMs: 5000 });
    await clock.advance(2000);
    await expect(out.consume(gauge())).rejects.toMatchObject({ retryAfterMs: 3000 });
    expect(counts()).toEqual([1, 1, 1]);
    for (const target of targets) target.answer = () => undefined;
    await clock.advance(3000);
    await out.consume(gauge());
    expect(counts()).toEqual([2, 1, 1]);
  });

  test('what is refused for good is not taken elsewhere', async () => {
    const { targets, out, counts } = three();
    for (const target of targets) target.answer = () => new PermanentError('no');
    await expect(out.consume(gauge())).rejects.toThrow('no');
    expect(counts()).toEqual([1, 0, 0]);
  });

  test('a batch whose time is up goes nowhere else, and the next does not go there', async () => {
    const { targets, out, counts } = three();
    const late = new AbortController();
    targets[0].answer = () => (late.abort(), new NoAnswer('too late', { sent: true }));
    await expect(out.consume(gauge(), late.signal)).rejects.toThrow('too late');
    expect(counts()).toEqual([1, 0, 0]);
    for (let time = 0; time < 4; time++) await out.consume(gauge());
    expect(counts()).toEqual([1, 2, 2]);
  });
});

test('pick_first stays with the one that works', async () => {
  const { targets, send, counts } = three('pick_first', wasNotSent);
  await send(3);
  expect(counts()).toEqual([3, 0, 0]);
  targets[0].answer = nobody;
  await send(3);
  expect(counts()).toEqual([4, 3, 0]);
});

test('what may have been sent is not sent to another address', async () => {
  const { targets, out, counts } = three('round_robin', wasNotSent);
  targets[0].answer = () => new NoAnswer('cut', { sent: true });
  await expect(out.consume(gauge())).rejects.toThrow('cut');
  expect(counts()).toEqual([1, 0, 0]);
});
