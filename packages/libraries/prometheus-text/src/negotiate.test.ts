import { describe, expect, test } from 'vitest';
import { acceptsGzip, negotiate } from './negotiate.ts';

// As Prometheus 2.42, Prometheus 3 and curl send it.
const prometheus2 =
  'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
const prometheus3 =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1';

const plain = 'text/plain; version=0.0.4; charset=utf-8';
const plainUtf8 = 'text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8';
const openMetrics = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

describe('the answer to an Accept header', () => {
  const cases: { accept: string | undefined; openMetrics?: false; utf8?: true; want: string }[] = [
    { accept: undefined, want: plain },
    { accept: '', want: plain },
    { accept: '*/*', want: plain },
    { accept: 'text/html, application/xhtml+xml', want: plain },
    { accept: prometheus2, want: openMetrics },
    { accept: prometheus2, openMetrics: false, want: plain },
    { accept: prometheus2, utf8: true, want: openMetrics },
    { accept: prometheus3, want: openMetrics },
    { accept: prometheus3, utf8: true, want: `${openMetrics}; escaping=allow-utf-8` },
    { accept: prometheus3, utf8: true, openMetrics: false, want: plainUtf8 },
    { accept: prometheus3, openMetrics: false, want: plain },
    { accept: 'text/plain;version=0.0.4;q=0.9, application/openmetrics-text;q=0.8', want: plain },
    { accept: 'text/plain;q=0.8, application/openmetrics-text;q=0.9', want: openMetrics },
    { accept: 'application/openmetrics-text;q=0, */*', want: plain },
    { accept: 'application/openmetrics-text; version="1.0.0"', want: openMetrics },
    { accept: 'application/openmetrics-text; version=0.0.1', want: plain },
    { accept: 'APPLICATION/OpenMetrics-Text', want: openMetrics },
    { accept: 'application/openmetrics-text;q=abc', want: plain },
    { accept: ',;,=;q', want: plain },
  ];
  test.each(cases)('$accept, OpenMetrics $openMetrics, UTF-8 $utf8', ({ accept, want, ...offer }) => {
    expect(negotiate(accept, { openMetrics: true, utf8: false, ...offer }).contentType).toBe(want);
  });
});

test.each([
  [undefined, false],
  ['gzip', true],
  ['gzip;q=0', false],
  ['deflate, gzip;q=0.5', true],
  ['br', false],
  ['*', true],
  ['gzip;q=0, *', false],
  ['identity', false],
])('Accept-Encoding %s: gzip %s', (header, want) => expect(acceptsGzip(header)).toBe(want));
