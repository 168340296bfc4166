import { type LogsBatch, logsBatch, PermanentError, ThrottleError } from '@millrace/core';
import { testContext } from '@millrace/core/testing';
import { expect, test } from 'vitest';
import { createPartSender, type Drop, type Outcome } from './index.ts';

const taken: Outcome = { kind: 'taken' };
const refused: Outcome = { kind: 'refused', error: new PermanentError('bad') };
const busy: Outcome = { kind: 'refused', error: new ThrottleError('busy', 1000) };
const large: Outcome = { kind: 'divide', reason: 'too_large' };
const spoilt: Outcome = { kind: 'divide', reason: 'spoilt', error: new PermanentError('spoilt') };
const tooFast: Outcome = { kind: 'divide_later', error: new Error('too fast') };
const partly = (isTaken: boolean, ...rejected: [string, number][]): Outcome => ({
  kind: 'partly',
  rejected: new Map(rejected),
  error: new PermanentError('partly'),
  ...(isTaken && { isTaken }),
});

const logsOf = (records: number): LogsBatch => {
  const logRecords = Array.from({ length: records }, () => ({
    observedTime: [1, 0] as const,
    body: 'x',
    attributes: {},
  }));
  return logsBatch([{ resource: { attributes: {} }, scopeLogs: [{ scope: { name: '' }, logRecords }] }]);
};
const batch = (): LogsBatch => logsOf(0);

/** Parts are words, and items their letters; those in capitals are their letter's, which is an owner. `answer` says what becomes of a word. */
function setup(
  words: readonly string[],
  answer: (word: string, time: number) => Outcome | Promise<Outcome>,
  encode: (drop: Drop) => void = () => {},
) {
  const posted: string[] = [];
  const times = new Map<string, number>();
  let made = 0;
  const context = testContext();
  const { send, undelivered } = createPartSender<LogsBatch, string>(
    (drop) => ({
      of() {
        made++;
        encode(drop);
        return words;
      },
      items: (word) => word.length,
      owner: (word) => /^[A-Z]/.test(word) && word[0],
      halves: (word) => (word.length > 1 ? [word.slice(0, word.length >> 1), word.slice(word.length >> 1)] : undefined),
      async post(word) {
        posted.push(word);
        times.set(word, (times.get(word) ?? 0) + 1);
        return answer(word, times.get(word)!);
      },
      complaint: 'Some letters were rejected.',
    }),
    context,
  );
  return {
    send,
    undelivered,
    drops: context.dropped,
    lines: context.lines,
    sent: () => posted.splice(0),
    made: () => made,
  };
}

const resultOf = (sending: Promise<void>): Promise<string> =>
  sending.then(
    () => 'taken',
    (error: Error) => error.message,
  );

test.each<[string, Record<string, Outcome>, string, Record<string, number>]>([
  ['all is taken', {}, 'taken', {}],
  ['what is refused for good costs only itself', { abc: refused }, 'taken', { rejected_by_backend: 3 }],
  ['what is refused as a whole is not counted here', { abc: refused, de: refused }, 'bad', {}],
  ['halves', { abc: large }, 'taken', {}],
  ['of halves, one is too large', { abc: large, bc: large, b: large }, 'taken', { too_large: 1 }],
  ['too large, and the rest refused', { abc: large, a: large, bc: refused, de: refused }, 'bad', {}],
  [
    'all is too large, which is no error',
    { abc: large, a: large, bc: large, b: large, c: large, de: large, d: large, e: large },
    'taken',
    { too_large: 5 },
  ],
  ['one spoils the others', { de: spoilt, d: spoilt }, 'taken', { spoilt: 1 }],
  ['a part of a part', { abc: partly(false, ['old', 1], ['new', 1]) }, 'taken', { old: 1, new: 1 }],
  ['all of a part', { abc: partly(false, ['old', 3]) }, 'taken', { old: 3 }],
  ['all of all parts', { abc: partly(false, ['old', 3]), de: partly(false, ['old', 2]) }, 'partly', {}],
  [
    'all of all parts, though they are taken',
    { abc: partly(true, ['old', 3]), de: partly(true, ['old', 2]) },
    'taken',
    { old: 5 },
  ],
  ['more than there is', { abc: partly(false, ['old', 2], ['new', 1e15]) }, 'taken', { old: 2, new: 1 }],
])('%s', async (_name, outcomes, want, dropped) => {
  const { send, drops, lines } = setup(['abc', 'de'], (word) => outcomes[word] ?? taken);
  expect(await resultOf(send(batch()))).toBe(want);
  expect(drops).toEqual(dropped);
  const isTold = want === 'taken' && Object.values(outcomes).some((outcome) => 'error' in outcome);
  expect(lines).toHaveLength(isTold ? 1 : 0);
});

test.each<[string, () => Outcome]>([
  ['is refused for now', () => busy],
  [
    'has no answer',
    () => {
      throw new Error('no answer');
    },
  ],
  ['is too fast', () => tooFast],
])('what always %s keeps back no parts of another owner, and those of its own', async (_what, fail) => {
  const got: string[] = [];
  const { send, made } = setup(['AAA', 'B', 'AA', 'BB', 'C'], (word) => {
    if (word.startsWith('A')) return fail();
    got.push(word);
    return taken;
  });
  const one = batch();
  for (let time = 0; time < 2; time++) await expect(send(one)).rejects.toThrow(/busy|no answer|too fast/);
  expect(got).toEqual(['B', 'BB', 'C']);
  expect(made()).toBe(1);
});

test('the parts of an owner stay in their order', async () => {
  const { send, sent } = setup(['AA', 'B', 'A', 'BB'], (word, time) =>
    ['AA', 'B'].includes(word) && time === 1 ? busy : taken,
  );
  const one = batch();
  for (let time = 0; time < 2; time++) await expect(send(one)).rejects.toThrow('busy');
  await send(one);
  expect(sent()).toEqual(['AA', 'B', 'AA', 'A', 'B', 'BB']);
});

test('a retry goes on where it stopped, and makes nothing again', async () => {
  const { send, sent, made } = setup(['one', 'two', 'three'], (word, time) =>
    word === 'two' && time < 3 ? busy : taken,
  );
  const one = batch();
  expect(await resultOf(send(one))).toBe('busy');
  expect(sent()).toEqual(['one', 'two']);
  expect(await resultOf(send(one))).toBe('busy');
  expect(sent()).toEqual(['two']);
  const error = await send(one);
  expect([error, sent(), made()]).toEqual([undefined, ['two', 'three'], 1]);
  await send(one);
  expect([sent(), made()]).toEqual([['one', 'two', 'three'], 2]);
});

test('what was refused for good before a retry is still known after it', async () => {
  const { send, drops } = setup(['one', 'two'], (word, time) =>
    word === 'one' ? refused : time === 1 ? busy : refused,
  );
  const one = batch();
  expect(await resultOf(send(one))).toBe('busy');
  expect(await resultOf(send(one))).toBe('bad');
  expect(drops).toEqual({});
});

/** Letters that the server never gets to see. */
const drop2: (drop: Drop) => void = (drop) => {
  drop(1, 'no_name');
  drop(1, 'no_name');
};

test('what is not to be sent is counted when the rest is settled, once', async () => {
  const { send, drops } = setup(['one', 'two'], (word, time) => (word === 'two' && time < 3 ? busy : taken), drop2);
  const one = batch();
  for (let time = 0; time < 2; time++) expect(await resultOf(send(one))).toBe('busy');
  expect(drops).toEqual({});
  await send(one);
  expect(drops).toEqual({ no_name: 2 });
});

test('of what is refused as a whole, and comes again in parts, nothing is counted twice', async () => {
  const { send, drops } = setup(['one'], (_word, time) => (time === 1 ? refused : taken), drop2);
  expect(await resultOf(send(batch()))).toBe('bad');
  expect(drops).toEqual({});
  await send(batch());
  expect(drops).toEqual({ no_name: 2 });
});

test('where nothing is to be sent, that is counted', async () => {
  const { send, drops } = setup([], () => taken, drop2);
  await send(batch());
  expect(drops).toEqual({ no_name: 2 });
});

test('what is given up has not been delivered but for its parts that were taken', async () => {
  const outcomes: Record<string, Outcome> = { three: busy, two: partly(false, ['old', 1]) };
  const { send, undelivered } = setup(['one', 'two', 'three'], (word) => outcomes[word] ?? taken);
  const eleven = logsOf(11);
  expect(undelivered(eleven)).toBe(11);
  expect(await resultOf(send(eleven))).toBe('busy');
  expect(undelivered(eleven)).toBe(11 - 3 - 2);
  outcomes['three'] = taken;
  await send(eleven);
  const { send: sendBad, undelivered: left } = setup(['one', 'two'], () => refused);
  expect(await resultOf(sendBad(eleven))).toBe('bad');
  expect(left(eleven)).toBe(11);
});

test('what is too fast goes in halves the next time', async () => {
  const { send, sent } = setup(['abcd', 'e'], (word) => (word === 'abcd' ? tooFast : taken));
  const one = batch();
  expect(await resultOf(send(one))).toBe('too fast');
  expect(sent()).toEqual(['abcd']);
  await send(one);
  expect(sent()).toEqual(['ab', 'cd', 'e']);
});

// An attempt whose time is up may still get an answer when the next one has begun; and two pipelines may bring an exporter
// the same batch. Each answer took what was then first off the list, though it was not what had been sent.
test('two attempts with the same batch at once lose nothing, and count what is lost once', async () => {
  const asked: { word: string; answer(outcome: Outcome): void }[] = [];
  const { send, drops } = setup(['one', 'two', 'three', 'no'], (word) => {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    asked.push({ word, answer: resolve });
    return promise;
  });
  const got: string[] = [];
  const answer = async (at: number, outcome: Outcome): Promise<void> => {
    if (outcome === taken) got.push(asked[at]!.word);
    asked[at]!.answer(outcome);
    await new Promise(setImmediate);
  };
  const one = batch();
  const first = resultOf(send(one));
  const second = resultOf(send(one));
  await answer(0, taken);
  await answer(1, taken);
  await answer(2, busy);
  expect(await first).toBe('busy');
  const third = resultOf(send(one));
  for (let at = 3; at < asked.length; at++) await answer(at, asked[at]!.word === 'no' ? refused : taken);
  expect(await Promise.all([second, third])).toEqual(['taken', 'taken']);
  expect(new Set(got)).toEqual(new Set(['one', 'two', 'three']));
  expect(drops).toEqual({ rejected_by_backend: 2 });
});

test('a complaint is made once, until it is another', async () => {
  let said = 'line 1 of {a="b"}: no';
  const { send, lines } = setup(['one', 'two'], (word) =>
    word === 'two' ? taken : { kind: 'refused', error: new PermanentError(said) },
  );
  await send(batch());
  said = 'line 27 of {c="d"}: no';
  await send(batch());
  expect(lines).toEqual([
    { level: 'warn', fields: { rejected: 3, said: 'line 1 of {a="b"}: no' }, message: 'Some letters were rejected.' },
  ]);
  said = 'never';
  await send(batch());
  expect(lines).toHaveLength(2);
});
