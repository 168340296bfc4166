import { describe, expect, test } from 'vitest';
import { encode } from '../testdata/oracle.ts';
import { decodeResponse, decodeResponseJson, decodeStatus, decodeStatusJson } from './index.ts';

describe('a response', () => {
  test.each([
    ['ExportMetricsServiceResponse', {}, undefined],
    ['ExportMetricsServiceResponse', { partialSuccess: {} }, undefined],
    [
      'ExportMetricsServiceResponse',
      { partialSuccess: { rejectedDataPoints: '300', errorMessage: 'too old' } },
      { rejected: 300, message: 'too old' },
    ],
    [
      'ExportLogsServiceResponse',
      { partialSuccess: { rejectedLogRecords: '4', errorMessage: '' } },
      { rejected: 4, message: '' },
    ],
    [
      'ExportLogsServiceResponse',
      { partialSuccess: { errorMessage: 'deprecated' } },
      { rejected: 0, message: 'deprecated' },
    ],
  ])('%s %j', (type, response, want) => {
    expect(decodeResponse(encode(type, response))).toEqual(want);
    expect(decodeResponseJson(JSON.stringify(response))).toEqual(want);
  });

  test('fields of a newer protocol are passed over', () => {
    const newer = Buffer.from([0x78, 0x01, 0x71, 1, 2, 3, 4, 5, 6, 7, 8, 0x6d, 1, 2, 3, 4, 0x0a, 2, 0x08, 5]);
    expect(decodeResponse(newer)).toEqual({ rejected: 5, message: '' });
  });

  test.each([
    ['a length beyond the end', [0x0a, 0x05, 0x08]],
    ['an endless integer', [0x08, ...Buffer.alloc(11, 0xff)]],
    ['text', [...Buffer.from('<html>')]],
    ['an end within a tag', [0x8a]],
    ['a group', [0x0b]],
    ['tag 0', [0x00, 0x00]],
  ])('%s is refused', (_name, bytes) => expect(() => decodeResponse(Uint8Array.from(bytes))).toThrow(RangeError));

  test.each(['', '[]', 'null', '{"partialSuccess": {"rejectedDataPoints": "many"}}', '{'])(
    'JSON %s is refused',
    (text) => expect(() => decodeResponseJson(text)).toThrow(),
  );
});

describe('a status', () => {
  const retryInfo = (retryDelay?: object) => ({
    typeUrl: 'type.googleapis.com/google.rpc.RetryInfo',
    value: encode('RetryInfo', retryDelay ? { retryDelay } : {}),
  });
  test.each([
    [
      { code: 3, message: 'no such field' },
      { code: 3, message: 'no such field', retryDelayMs: undefined },
    ],
    [
      { code: 8, message: '', details: [retryInfo({ seconds: '7', nanos: 250_000_000 })] },
      { code: 8, message: '', retryDelayMs: 7250 },
    ],
    [
      { code: 14, details: [retryInfo()] },
      { code: 14, message: '', retryDelayMs: 0 },
    ],
    [
      { code: 14, details: [{ typeUrl: 'type.googleapis.com/google.rpc.DebugInfo', value: Uint8Array.of(1) }] },
      { code: 14, message: '', retryDelayMs: undefined },
    ],
  ])('%j', (status, want) => expect(decodeStatus(encode('Status', status))).toEqual(want));

  test('in JSON', () => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1.5s' }];
    const text = JSON.stringify({ code: 8, message: 'slow down', details });
    expect(decodeStatusJson(text)).toEqual({ code: 8, message: 'slow down', retryDelayMs: 1500 });
  });
});
