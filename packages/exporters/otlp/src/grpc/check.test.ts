import { resolveConfig } from '@millrace/core';
import { describe, expect, test } from 'vitest';
import type { Input } from '../../testdata/grpc.ts';
import { otlp } from './exporter.ts';

describe('check', () => {
  const problems = (input: Input): string[] =>
    otlp.check!(resolveConfig(otlp.config, input)).map(({ path, message }) => `${path.join('.')}: ${message}`);
  test.each([
    'localhost:4317',
    'http://10.0.0.1:4317/',
    'https://[::1]:443',
    'dns:///otel.svc:4317',
    'dns://8.8.8.8/o:1',
    'unix:/run/otlp',
    'unix:///run/otlp',
  ])('endpoint %s is fine', (endpoint) => expect(problems({ endpoint })).toEqual([]));
  test.each([
    ['localhost', /^endpoint: The endpoint "localhost" has no port\. Allowed are host:port/],
    ['https://otel.example', /has no port/],
    ['http://otel:4317/v1/metrics', /not one that gRPC can use/],
    ['otel:99999', /not one/],
    ['ftp://otel:21', /not one/],
    ['http://user:pass@otel:4317', /^(?!.*pass).*not one/],
  ])('endpoint %s', (endpoint, want) => expect(problems({ endpoint }).join()).toMatch(want));

  test('headers and files', () => {
    const headers = { 'grpc-timeout': 'v4lue', 'a b': 'v4lue', café: 'v4lue', x: 'v4lueé', te: 'v4lue', 'ok-bin': 'é' };
    const found = problems({ endpoint: 'http://a:1', headers, tls: { ca_file: '/a', key_file: '/b' } }).join('\n');
    expect(found).toMatch(/tls: cert_file and key_file go together/);
    expect(found).toMatch(/endpoint: An http:\/\/ endpoint is never encrypted/);
    expect(found).toMatch(/headers\.grpc-timeout: .*keeps for itself/);
    expect(found).toMatch(/headers\.a b: /);
    expect(found).toMatch(/headers\.x: .*printable ASCII/);
    expect(found).toMatch(/headers\.te: .*set by the exporter/);
    expect(found).not.toMatch(/v4lue|ok-bin/);
  });
});

describe('check of several endpoints, and of what else spans keys', () => {
  const problems = (input: Input): string =>
    otlp.check!(resolveConfig(otlp.config, input))
      .map(({ path, message }) => `${path.join('.')}: ${message}`)
      .join();
  test.each<[Input, RegExp]>([
    [{}, /^: endpoint is missing/],
    [{ endpoint: 'a:1', endpoints: ['b:1'] }, /endpoint and endpoints say the same/],
    [{ endpoints: ['a:1', 'a:1'] }, /is there twice/],
    [{ endpoints: ['a:1', 'b'] }, /^endpoints\.1: The endpoint "b" has no port/],
    [{ endpoint: 'a:1', load_balancing: { policy: 'resource' } }, /^load_balancing: There is one endpoint only/],
    [{ endpoint: 'a:1', load_balancing: { resolve: true } }, /^$/],
    [{ endpoints: ['a:1'], load_balancing: { policy: 'trace_id' } }, /^$/],
    [{ endpoint: 'a:1', compression: 'none', compression_params: { level: 3 } }, /Nothing is compressed/],
    [{ endpoint: 'a:1', compression_params: { level: 0 } }, /^compression_params\.level: The level of gzip is 1 to 9/],
    [{ endpoint: 'a:1', compression: 'zstd', compression_params: { level: 30 } }, /The level of zstd is 1 to 22/],
    [{ endpoint: 'a:1', compression: 'zstd', compression_params: { level: 11 } }, /^$/],
    [{ endpoint: 'a:1', tls: { ca_file: 'a', ca_pem: 'b' } }, /^tls: ca_file and ca_pem say the same/],
    [{ endpoint: 'a:1', tls: { cert_pem: 'a' } }, /go together/],
    [{ endpoint: 'a:1', tls: { cert_pem: 'a', key_file: 'b' } }, /^$/],
    [
      { endpoint: 'a:1', tls: { min_version: '1.3', max_version: '1.2' } },
      /max_version 1\.2 is older than min_version 1\.3/,
    ],
  ])('%j', (input, want) => expect(problems(input)).toMatch(want));
});
