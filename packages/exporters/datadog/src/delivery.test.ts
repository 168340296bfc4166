import type { Batch, ThrottleError } from '@millrace/core';
import { PermanentError, ThrottleError as Throttle } from '@millrace/core';
import { manualClock, testContext } from '@millrace/core/testing';
import { bodyOf } from '@millrace/http-client';
import { expect, test } from 'vitest';
import { gauges } from '../testdata/batches.ts';
import { errorOf, kindOf } from '../testdata/exporter.ts';
import type { Client } from './client.ts';
import type { Account, Share } from './delivery.ts';
import { createDeliveries } from './delivery.ts';
import type { Payload } from './payload/pack.ts';

type Outcome = 'taken' | 'too large' | Error;

const url = new URL('http://127.0.0.1/');
const payload = (name: string, halves?: readonly Payload[]): Payload => ({
  body: bodyOf([Buffer.from(name)]),
  items: name.length,
  halves: async () => halves,
});

/** A client that does as it is told; `log` says what was sent to whom. */
function setup(outcomes: Readonly<Record<string, Outcome[]>> = {}) {
  const log: string[] = [];
  const clock = manualClock();
  const context = testContext({ clock });
  const client: Client = {
    async send({ apiKey }, { body }) {
      const what = `${apiKey} ${Buffer.concat(body.chunks).toString()}`;
      log.push(what);
      const outcome = outcomes[what]?.shift() ?? 'taken';
      if (outcome instanceof Error) throw outcome;
      return outcome;
    },
    validate: async () => true,
  };
  const { deliver } = createDeliveries(client, context);
  const accounts = new Map<string, Account>();
  const shares = (...all: readonly (readonly [string, ...Payload[]])[]): Share[] =>
    all.map(([name, ...payloads]) => {
      const account = accounts.get(name) ?? { name, restsUntil: 0 };
      accounts.set(name, account);
      return {
        account,
        parcels: payloads.map((one) => ({ target: { url, apiKey: name }, headers: {}, payload: one })),
      };
    });
  const sent = (): string[] => log.splice(0);
  return { deliver, shares, sent, counts: context.counts, clock, context };
}

const batch = (): Batch => gauges({ points: 1, time: 0 });
const [one, two, three] = [payload('one'), payload('two'), payload('three')];
const down = (): Error => new Error('down');

test('a batch that was delivered in part is sent only what is missing, and made once', async () => {
  const { deliver, shares, sent } = setup({ 'b two': [down(), down()] });
  const all = batch();
  let made = 0;
  const attempt = (): Promise<void> =>
    deliver(all, async () => {
      made++;
      return shares(['a', one, two, three], ['b', one, two, three]);
    });
  expect(kindOf(await errorOf(attempt()))).toBe('retry');
  expect(sent().sort()).toEqual(['a one', 'a three', 'a two', 'b one', 'b two']);
  // What failed goes last.
  expect(kindOf(await errorOf(attempt()))).toBe('retry');
  expect(sent()).toEqual(['b three', 'b two']);
  await attempt();
  expect(sent()).toEqual(['b two']);
  expect(made).toBe(1);
});

test('the same batch anew, once it was delivered', async () => {
  const { deliver, shares, sent } = setup();
  const all = batch();
  await deliver(all, async () => shares(['a', one]));
  await deliver(all, async () => shares(['a', two]));
  expect(sent()).toEqual(['a one', 'a two']);
});

test('attempts at the same batch take turns', async () => {
  const { deliver, shares, sent } = setup({ 'a one': [down()] });
  const all = batch();
  const prepare = async (): Promise<Share[]> => shares(['a', one]);
  const [first, second] = await Promise.allSettled([deliver(all, prepare), deliver(all, prepare)]);
  expect([first.status, second.status]).toEqual(['rejected', 'fulfilled']);
  expect(sent()).toEqual(['a one', 'a one']);
});

test('too large: again in halves, and counted where there is nothing to divide', async () => {
  const halves = [payload('left'), payload('right')];
  const { deliver, shares, sent, counts } = setup({
    'a one': ['too large'],
    'a right': ['too large'],
    'b one': ['too large'],
    'b left': [down()],
  });
  const all = batch();
  const prepare = async (): Promise<Share[]> =>
    shares(['a', payload('one', halves), two], ['b', payload('one', halves)]);
  await errorOf(deliver(all, prepare));
  expect(sent().sort()).toEqual(['a left', 'a one', 'a right', 'a two', 'b left', 'b one']);
  expect(counts).toEqual({ 'millrace_dropped_items too_large': 5 });
  await deliver(all, prepare);
  expect(sent()).toEqual(['b right', 'b left']);
});

test('refused for good: counted beside what was taken, an error where nothing was', async () => {
  const no = (): Error => new PermanentError('no');
  const { deliver, shares, sent, counts, context } = setup({ 'a one': [no()], 'b one': [no()], 'b two': [no()] });
  await deliver(batch(), async () => shares(['a', one, two], ['c', one]));
  expect(sent()).toContain('a two');
  expect(counts).toEqual({ 'millrace_dropped_items rejected_by_backend': 3 });
  expect(context.lines).toMatchObject([
    { level: 'warn', message: 'Datadog has refused a part for good.', fields: { error: 'no' } },
  ]);
  expect(kindOf(await errorOf(deliver(batch(), async () => shares(['b', one, two]))))).toBe('permanent');
  expect(counts).toEqual({ 'millrace_dropped_items rejected_by_backend': 3 });
});

test('refused and failed: tried again without what was refused, which is known at the end', async () => {
  const { deliver, shares, sent, counts } = setup({ 'a one': [new PermanentError('no')], 'a two': [down()] });
  const all = batch();
  const attempt = (): Promise<void> => deliver(all, async () => shares(['a', one, two]));
  expect(kindOf(await errorOf(attempt()))).toBe('retry');
  expect(counts).toEqual({});
  await attempt();
  expect(sent()).toEqual(['a one', 'a two', 'a two']);
  expect(counts).toEqual({ 'millrace_dropped_items rejected_by_backend': 3 });
});

test('an account that asks for time gets it, from every batch; the others are served', async () => {
  const { deliver, shares, sent, clock } = setup({ 'a one': [new Throttle('wait', 30_000)] });
  const [first, second] = [batch(), batch()];
  const prepare = async (): Promise<Share[]> => shares(['a', one], ['b', one]);
  expect(kindOf(await errorOf(deliver(first, prepare)))).toBe('throttle 30000');
  expect(sent()).toEqual(['a one', 'b one']);
  await clock.advance(10_000);
  const error = await errorOf(deliver(second, prepare));
  expect((error as ThrottleError).retryAfterMs).toBe(20_000);
  expect(sent()).toEqual(['b one']);
  await clock.advance(20_000);
  await Promise.all([deliver(first, prepare), deliver(second, prepare)]);
  expect(sent()).toEqual(['a one', 'a one']);
});

test('the soonest of several that fail says when', async () => {
  const { deliver, shares } = setup({
    'a one': [new Throttle('wait', 30_000)],
    'b one': [new Throttle('wait', 10_000)],
    'c one': [down()],
  });
  expect(kindOf(await errorOf(deliver(batch(), async () => shares(['a', one], ['b', one]))))).toBe('throttle 10000');
  expect(kindOf(await errorOf(deliver(batch(), async () => shares(['a', one], ['c', one]))))).toBe('retry');
});

test('delivered in the moment in which its time was up: not again', async () => {
  const { deliver, shares, sent, counts } = setup({ 'a two': [new PermanentError('no')] });
  const all = batch();
  const late = new AbortController();
  const prepare = async (): Promise<Share[]> => {
    late.abort(new Error('timed out'));
    return shares(['a', one, two]);
  };
  expect((await errorOf(deliver(all, prepare, late.signal))).message).toBe('timed out');
  expect(counts).toEqual({});
  await deliver(all, prepare);
  expect(sent()).toEqual(['a one', 'a two']);
  expect(counts).toEqual({ 'millrace_dropped_items rejected_by_backend': 3 });
});

test('what could not be made is made again', async () => {
  const { deliver, shares, sent } = setup();
  const all = batch();
  await errorOf(deliver(all, () => Promise.reject(down())));
  await deliver(all, async () => shares(['a', one]));
  expect(sent()).toEqual(['a one']);
});
