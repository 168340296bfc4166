import { heldBytes } from '@millrace/core';
import { expect, test } from 'vitest';
import { createBody } from './body.ts';

const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * 31) % 251));

function pieces(sizes: () => number): ReturnType<typeof createBody> {
  const body = createBody();
  for (let at = 0; at < bytes.length; ) {
    const size = sizes();
    body.push(bytes.subarray(at, at + size));
    at += size;
  }
  return body;
}

test.each([
  ['one', () => bytes.length],
  ['single bytes', () => 1],
  ['small ones', () => 100],
  ['ones about the limit of small', () => 4095 + ((Math.random() * 3) | 0)],
  ['small and large ones', () => (Math.random() < 0.5 ? 1 : 5000)],
  ['empty ones too', () => (Math.random() < 0.5 ? 0 : 3000)],
])('%s', (_name, sizes) => {
  for (const from of [0, 1, 5, 4096, 99_999, 100_000]) {
    const body = pieces(sizes);
    expect(body.size).toBe(bytes.length);
    expect(body.start(5)!.subarray(0, 5)).toEqual(bytes.subarray(0, 5));
    expect(body.take(from).equals(bytes.subarray(from))).toBe(true);
    body.release();
  }
});

test('the start is not there before it has come', () => {
  const body = createBody();
  expect(body.start(1)).toBeUndefined();
  body.push(Buffer.alloc(4));
  expect(body.start(5)).toBeUndefined();
  body.push(Buffer.alloc(5000));
  expect(body.start(5)!.length).toBeGreaterThanOrEqual(5);
});

test('what comes is held until it is released', () => {
  const before = heldBytes();
  const body = createBody();
  for (let index = 0; index < 100; index++) body.push(Buffer.alloc(10_000));
  expect(heldBytes() - before).toBeGreaterThan(700_000);
  body.release();
  body.release();
  expect(heldBytes()).toBe(before);
});
