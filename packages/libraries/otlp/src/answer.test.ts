import { describe, expect, test } from 'vitest';
import { decode } from '../testdata/oracle.ts';
import {
  decodeResponse,
  decodeResponseJson,
  decodeStatus,
  decodeStatusJson,
  encodeResponse,
  encodeResponseJson,
  encodeStatus,
  encodeStatusJson,
  type Status,
} from './index.ts';

describe('a response', () => {
  test.each([
    ['metrics', 'ExportMetricsServiceResponse', 'rejectedDataPoints'],
    ['logs', 'ExportLogsServiceResponse', 'rejectedLogRecords'],
    ['traces', 'ExportTraceServiceResponse', 'rejectedSpans'],
    ['profiles', 'ExportProfilesServiceResponse', 'rejectedProfiles'],
  ] as const)('to %s', (signal, name, rejectedKey) => {
    expect(encodeResponse(signal)).toHaveLength(0);
    expect(encodeResponseJson(signal)).toBe('{}');
    const partial = { rejected: 2 ** 40, message: 'too old: é' };
    const want = { partialSuccess: { [rejectedKey]: String(2 ** 40), errorMessage: 'too old: é' } };
    expect(decode(name, encodeResponse(signal, partial))).toEqual(want);
    expect(JSON.parse(encodeResponseJson(signal, partial))).toEqual(want);
    expect(decodeResponse(encodeResponse(signal, partial))).toEqual(partial);
    expect(decodeResponseJson(encodeResponseJson(signal, partial))).toEqual(partial);
  });
  test('that only warns', () => {
    const warning = { rejected: 0, message: 'deprecated' };
    expect(decodeResponse(encodeResponse('logs', warning))).toEqual(warning);
  });
});

describe('a status', () => {
  test.each<Status>([
    { code: 3, message: 'no such field', retryDelayMs: undefined },
    { code: 0, message: '', retryDelayMs: undefined },
    { code: 8, message: 'slow down', retryDelayMs: 1500 },
    { code: 14, message: '', retryDelayMs: 0 },
    { code: 14, message: 'é', retryDelayMs: 0.25 },
    { code: 14, message: '', retryDelayMs: 86_400_000 },
  ])('%j', (status) => {
    expect(decodeStatus(encodeStatus(status))).toEqual(status);
    expect(decodeStatusJson(encodeStatusJson(status))).toEqual(status);
  });

  test('says when to try again as google.rpc.RetryInfo', () => {
    const { details } = decode('Status', encodeStatus({ code: 8, message: '', retryDelayMs: 1500 })) as {
      details: { typeUrl: string; value: Uint8Array }[];
    };
    expect(details[0]!.typeUrl).toBe('type.googleapis.com/google.rpc.RetryInfo');
    expect(decode('RetryInfo', details[0]!.value)).toEqual({ retryDelay: { seconds: '1', nanos: 500_000_000 } });
    expect(JSON.parse(encodeStatusJson({ code: 8, message: '', retryDelayMs: 1500 }))).toEqual({
      code: 8,
      message: '',
      details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1.5s' }],
    });
  });
});
