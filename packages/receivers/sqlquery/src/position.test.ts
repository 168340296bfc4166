import { memoryStorage, type Storage } from '@millrace/core';
import type { Row } from '@millrace/sql';
import { expect, test } from 'vitest';
import { createPosition, type Follower } from './position.ts';

const columns = [
  { name: 'id', kind: 'integer' },
  { name: 'text', kind: 'text' },
] as never;
const rows = (...ids: (number | null)[]): Row[] => ids.map((id) => [id, `row ${id}`]);

async function follower(storage: Storage, names = ['id']): Promise<{ from: unknown; at: Follower }> {
  const position = createPosition({ columns: names, start: [0] }, 'sqlquery q', { key: 'q', storage });
  return { from: await position.parameters(), at: position.follow(columns) };
}

test('rows that were taken do not come again, in this process or the next', async () => {
  const storage = memoryStorage();
  const { from, at } = await follower(storage);
  expect(from).toEqual([0]);
  expect(at.complete(rows(1, 2, 3, 3))).toBe(2);
  const { origin, time } = await at.handing(rows(1, 2), [5, 6]);
  expect([origin.source, origin.sequence, time]).toEqual(['sqlquery q', 1, [5, 6]]);
  at.taken(rows(1, 2));
  await at.settle();
  expect((await follower(storage)).from).toEqual([2]);
});

test('rows that were handed on and perhaps not taken come again as they were: as many, of that time, under that number', async () => {
  const storage = memoryStorage();
  const first = (await follower(storage)).at;
  const before = await first.handing(rows(1, 2), [5, 6]);
  // Killed here.
  const { from, at } = await follower(storage);
  expect([from, at.isUnfinished]).toEqual([[0], true]);
  expect(at.complete(rows(1))).toBe(0);
  expect(at.complete(rows(1, 2, 3, 4))).toBe(2);
  const again = await at.handing(rows(1, 2), [7, 0]);
  expect(again).toMatchObject({ time: [5, 6], origin: { sequence: 1 } });
  expect(again.origin.attempt).not.toBe(before.origin.attempt);
  at.taken(rows(1, 2));
  expect(at.isUnfinished).toBe(false);
  expect((await at.handing(rows(3), [7, 0])).origin.sequence).toBe(2);
  // What was taken before is stored with it.
  expect((await follower(storage)).from).toEqual([2]);
});

test('other rows than those that were to come again have another number', async () => {
  const storage = memoryStorage();
  await (await follower(storage)).at.handing(rows(1, 2, 3), [5, 6]);
  const { at } = await follower(storage);
  expect(await at.handing(rows(1, 3), [7, 0])).toMatchObject({ time: [7, 0], origin: { sequence: 2 } });
});

test('rows without a value move the number on, not the position', async () => {
  const storage = memoryStorage();
  const { at } = await follower(storage);
  await at.handing(rows(null), [5, 6]);
  at.taken(rows(null));
  await at.settle();
  const next = await follower(storage);
  expect([next.from, next.at.isUnfinished]).toEqual([[0], false]);
  expect((await next.at.handing(rows(null), [7, 0])).origin.sequence).toBe(2);
});

test('other tracking columns begin anew, under numbers of their own', async () => {
  const storage = memoryStorage();
  await (await follower(storage)).at.handing(rows(1), [5, 6]);
  const { from, at } = await follower(storage, ['text']);
  expect([from, at.isUnfinished]).toEqual([[0], false]);
  expect((await at.handing(rows(1), [7, 0])).origin.sequence).toBe(2);
});

test('what an earlier version has stored is gone on from', async () => {
  const storage = memoryStorage();
  await storage.set('q', Buffer.from(JSON.stringify({ columns: ['id'], values: [{ bigint: '9007199254740993' }] })));
  expect((await follower(storage)).from).toEqual([9_007_199_254_740_993n]);
});

test('nothing is handed on before it is stored that it will be', async () => {
  const storage = { ...memoryStorage(), set: () => Promise.reject(new Error('disk full')) };
  const { at } = await follower(storage);
  await expect(at.handing(rows(1), [5, 6])).rejects.toThrow('disk full');
});
