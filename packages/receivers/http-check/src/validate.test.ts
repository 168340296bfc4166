import { describe, expect, it } from 'vitest';
import { resolveConfig } from '@millrace/core';
import type { Config, ValidationConfig } from './config.ts';
import httpCheck from './index.ts';
import { quantileOf } from './samples.ts';
import { parseStatuses } from './statuses.ts';
import { createJudge } from './validate.ts';

function judged(validation: object, answer: { body?: string; status?: number; headers?: Record<string, string> } = {}) {
  const config = resolveConfig(httpCheck.config, { targets: [{ validations: [validation] }] } as never) as Config;
  const { body = '', status = 200, headers = {} } = answer;
  return createJudge(config.targets[0]!.validations as readonly ValidationConfig[])({
    status,
    headers,
    body: Buffer.from(body),
    isCut: false,
  });
}

describe('a validation', () => {
  const json = '{"status":"UP","n":5,"big":1.50,"no":null,"ok":true,"a.b":1,"list":[{"x":"y"},2],"map":{"k":[1]}}';
  it.each<[object, string, boolean]>([
    [{ contains: 'UP' }, json, true],
    [{ contains: 'down' }, json, false],
    [{ contains: 'x' }, '', false],
    [{ not_contains: 'down' }, json, true],
    [{ not_contains: 'UP' }, json, false],
    [{ regex: '"n":\\d' }, json, true],
    [{ regex: '^n' }, json, false],
    [{ json_path: 'status', equals: 'UP' }, json, true],
    [{ json_path: '$.status', equals: 'UP' }, json, true],
    [{ json_path: 'status', equals: 'up' }, json, false],
    [{ json_path: 'status' }, json, true],
    [{ json_path: 'missing' }, json, false],
    [{ json_path: 'n', equals: '5' }, json, true],
    [{ json_path: 'big', equals: '1.5' }, json, true],
    [{ json_path: 'big', equals: '' }, json, false],
    [{ json_path: 'no', equals: '' }, json, true],
    [{ json_path: 'ok', equals: 'true' }, json, true],
    [{ json_path: 'a\\.b', equals: '1' }, json, true],
    [{ json_path: 'list.0.x', equals: 'y' }, json, true],
    [{ json_path: '$.list[1]', equals: '2' }, json, true],
    [{ json_path: 'list.#', equals: '2' }, json, true],
    [{ json_path: 'map', equals: '{"k":[1]}' }, json, true],
    [{ json_path: 'toString' }, json, false],
    [{ json_path: 'status' }, '<html>', false],
    [{ min_size: 4 }, 'äö', true],
    [{ min_size: 5 }, 'äö', false],
    [{ max_size: 4 }, 'äö', true],
    [{ max_size: 3 }, 'äö', false],
  ])('%j of %s: %s', (validation, body, holds) => {
    const { tallies, complaint } = judged(validation, { body });
    expect(tallies.map(({ passed, failed }) => [passed, failed])).toEqual([holds ? [1, 0] : [0, 1]]);
    expect(complaint === undefined).toBe(holds);
  });

  it('of the status replaces what is good otherwise', () => {
    expect(judged({ contains: '' + 'a' }, { body: 'a', status: 404 }).complaint).toBe('The status is 404.');
    expect(judged({ status: 404 }, { status: 404 }).complaint).toBeUndefined();
    expect(judged({ status: '2xx, 301-303' }, { status: 304 }).complaint).toBe('The status is 304, not 2xx, 301-303.');
  });

  it('of headers', () => {
    const headers = { 'content-type': 'text/html; charset=utf-8' };
    expect(judged({ header: 'Content-Type' }, { headers }).complaint).toBeUndefined();
    expect(judged({ header: 'Content-Type', matches: '^text/html' }, { headers }).complaint).toBeUndefined();
    expect(judged({ header: 'X-Frame-Options' }, { headers }).complaint).toBe('There is no header X-Frame-Options.');
    expect(judged({ header: 'content-type', matches: 'json' }, { headers }).complaint).toBe(
      'The header content-type does not match /json/.',
    );
  });
});

it.each([
  ['2xx', [200, 299], [199, 300]],
  ['200', [200], [201]],
  ['200-204, 404', [200, 204, 404], [205, 403]],
] as const)('statuses %s', (text, are, areNot) => {
  const isOne = parseStatuses(text)!;
  expect([are.every(isOne), areNot.some(isOne)]).toEqual([true, false]);
});

it.each(['', 'ok', '6xx', '99', '204-200', '200,', '200 204'])('no statuses: %j', (text) =>
  expect(parseStatuses(text)).toBeUndefined(),
);

it('percentiles by nearest rank', () => {
  const five = [15, 20, 35, 40, 50];
  expect([0, 0.05, 0.3, 0.4, 0.5, 1].map((quantile) => quantileOf(five, quantile))).toEqual([15, 15, 20, 20, 35, 50]);
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
  expect([0.5, 0.9, 0.99, 1].map((quantile) => quantileOf(hundred, quantile))).toEqual([50, 90, 99, 100]);
  expect(quantileOf([7], 0.01)).toBe(7);
  expect(quantileOf([], 0.5)).toBeUndefined();
});
