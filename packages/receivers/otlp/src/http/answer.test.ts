import { PermanentError, RefusedError, ThrottleError } from '@millrace/core';
import { afterEach, describe, expect, test } from 'vitest';
import { post, statusOf } from '../../testdata/clients.ts';
import { startReceiver, stopAllClean } from '../../testdata/receiver.ts';
import { asJson, jsonRequest, metricsRequest } from '../../testdata/requests.ts';

afterEach(stopAllClean);

const request = metricsRequest(3);

describe('what the next one says', () => {
  const cases = [
    ['never', new PermanentError('no'), 500, { code: 13, message: 'no' }, undefined],
    ['full', new RefusedError('full'), 503, { code: 14, message: 'full', retryDelayMs: 1000 }, '1'],
    ['later', new ThrottleError('slow down', 2500), 429, { code: 8, message: 'slow down', retryDelayMs: 2500 }, '3'],
    ['down', new Error('down'), 503, { code: 14, message: 'down' }, undefined],
    ['all of several never', new AggregateError([new PermanentError('a')]), 500, { code: 13 }, undefined],
    [
      'one of several later',
      new AggregateError([new PermanentError('a'), new ThrottleError('b', 0)]),
      429,
      { code: 8 },
      '1',
    ],
  ] as const;
  for (const [format, body, options] of [
    ['protobuf', request, {}],
    ['JSON', jsonRequest, asJson],
  ] as const)
    test.each(cases)(`%s, in ${format}`, async (_name, error, status, said, retryAfter) => {
      const { http } = await startReceiver({
        next: async () => {
          throw error;
        },
      });
      const reply = await post(http, body, options);
      expect(reply.status).toBe(status);
      expect(reply.headers['retry-after']).toBe(retryAfter);
      expect(statusOf(reply)).toMatchObject(said);
    });
});

test('answers have the headers that the config says', async () => {
  const { http } = await startReceiver({ http: { response_headers: { 'X-Gateway': 'a' } } });
  expect((await post(http, request)).headers).toMatchObject({ 'x-gateway': 'a' });
  expect((await post(http, request, { path: '/' })).headers).toMatchObject({ 'x-gateway': 'a' });
});
