import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { countPoints } from './points.ts';
import { requestsOf } from './requests.ts';

const field = (number: number, ...content: Uint8Array[]): Buffer => {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.from([(number << 3) | 2, body.length]), body]);
};
const varint = (number: number): Buffer => Buffer.from([number << 3, 0x96, 0x01]);
const fixed = (number: number): Buffer => Buffer.from([(number << 3) | 1, 1, 2, 3, 4, 5, 6, 7, 8]);

it.each([5, 7, 9, 10, 11])('counts the points of a metric whose data is field %i', (number) => {
  const data = field(number, field(1, fixed(3)), varint(2), field(1), field(4, fixed(1)));
  const metric = field(2, field(1, Buffer.from('name')), data);
  const request = field(1, field(1, fixed(1)), field(2, field(1), metric, metric));
  expect(countPoints(Buffer.concat([request, request]))).toBe(8);
  expect(() => countPoints(request.subarray(0, -1))).toThrow('The request is cut.');
});

it.each([100, 1000, 10_000])('makes requests of %i points, each its own, of about 213 bytes a point', (points) => {
  const requests = requestsOf({ points, compression: 'none' });
  expect(requests.map((request) => countPoints(request))).toEqual(Array.from({ length: 8 }, () => points));
  expect(new Set(requests.map((request) => request.toString('latin1'))).size).toBe(8);
  expect(requests[0]!.length / points).toBeGreaterThan(200);
  expect(requests[0]!.length / points).toBeLessThan(240);
});

it('compresses them where asked to', () => {
  const [request] = requestsOf({ points: 1000, compression: 'gzip' });
  expect(countPoints(gunzipSync(request!))).toBe(1000);
});
