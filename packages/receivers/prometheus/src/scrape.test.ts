import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { oneJob, scraping, type Scraping, valueIn } from './testdata/scraping.ts';
import { openMetricsType, type TargetServer, targetServer, textType } from './testdata/target-server.ts';

const page = '# HELP a What.\n# TYPE a counter\na{x="1"} 3\na{x="2"} 4\n';

let target: TargetServer;
let run: Scraping | undefined;
beforeEach(async () => void (target = await targetServer()));
afterEach(async () => {
  await run?.stop();
  run = undefined;
  await target.close();
});

const isUp = (value: 0 | 1) => (batch: Parameters<typeof valueIn>[0]) => valueIn(batch, 'up') === value;
const reasons = (): unknown[] =>
  run!.context.lines.filter(({ level }) => level === 'warn').map(({ fields }) => (fields as { error?: string }).error);

/** A page that does not come whole. */
const broken = (write: RequestListener): RequestListener => write;

const endless = (response: Parameters<RequestListener>[1]): void => {
  const more = (): void => {
    while (!response.destroyed && response.write(`a{x="${'y'.repeat(1000)}${Math.random()}"} 1\n`.repeat(50)));
    if (!response.destroyed) response.once('drain', more);
  };
  more();
};

describe('a scrape that fails ends all series, says why once, and the next one goes on', () => {
  it.each<[string, RequestListener, RegExp, object?]>([
    [
      'the page is cut in the middle',
      broken((_request, response) => {
        response.writeHead(200, { 'content-type': textType, 'content-length': '1000' });
        response.write(page, () => response.destroy());
      }),
      /aborted|closed|hang up|whole|ended/,
    ],
    [
      'the last line is cut, in OpenMetrics',
      (_request, response) => response.writeHead(200, { 'content-type': openMetricsType }).end('a 1\na{x="1'),
      /Line 2/,
    ],
    [
      'there is no end, in OpenMetrics',
      (_request, response) => response.writeHead(200, { 'content-type': openMetricsType }).end('a 1\n'),
      /EOF/,
    ],
    ['the target does not answer', () => {}, /did not end within its timeout of 200ms/, { scrape_timeout: '200ms' }],
    [
      'the target stops in the middle',
      (_request, response) => void response.writeHead(200, { 'content-type': textType }).write(page),
      /did not end within its timeout of 200ms/,
      { scrape_timeout: '200ms' },
    ],
    [
      'the answer comes after ten seconds',
      (_request, response) =>
        void setTimeout(() => response.writeHead(200, { 'content-type': textType }).end(page), 10_000).unref(),
      /did not end within its timeout of 200ms/,
      { scrape_timeout: '200ms' },
    ],
    ['the target hangs up', (request) => request.socket.destroy(), /hang up|ECONNRESET/],
    ['the answer is no HTTP', (request) => request.socket.end('220 smtp.example.org\r\n'), /Parse|HTTP/],
    [
      'the page is HTML',
      (_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html></html>'),
      /content type text\/html/,
    ],
    [
      'the page is HTML and says it is metrics',
      (_request, response) => response.writeHead(200, { 'content-type': textType }).end('<html></html>'),
      /Line 1/,
    ],
    ['the page has no content type', (_request, response) => response.writeHead(200).end(page), /no content type/],
    ['there is an error', (_request, response) => response.writeHead(500).end('oh'), /status 500/],
    ['it is not there', (_request, response) => response.writeHead(404).end(), /status 404/],
    [
      'it sends on for ever',
      (_request, response) => response.writeHead(302, { location: '/again' }).end(),
      /more than 10 redirects/,
    ],
    ['it sends on to nowhere', (_request, response) => response.writeHead(302, { location: 'ftp://x/' }).end(), /ftp:/],
    [
      'it sends on, which is not followed',
      (_request, response) => response.writeHead(302, { location: '/again' }).end(),
      /status 302/,
      { follow_redirects: false },
    ],
    [
      'a small page unpacks to a big one',
      (_request, response) =>
        response.writeHead(200, { 'content-type': textType, 'content-encoding': 'gzip' }).end(bomb),
      /65536 bytes/,
      { body_size_limit: '64KiB' },
    ],
    [
      'what is packed is damaged',
      (_request, response) =>
        response
          .writeHead(200, { 'content-type': textType, 'content-encoding': 'gzip' })
          .end(gzipSync(page).subarray(0, 30)),
      /unexpected end/,
    ],
    [
      'it is packed as nobody asked for',
      (_request, response) => response.writeHead(200, { 'content-type': textType, 'content-encoding': 'br' }).end('x'),
      /compressed with br/,
    ],
    [
      'the page does not end',
      (_request, response) => endless(response.writeHead(200, { 'content-type': textType })),
      /1048576 bytes/,
      { body_size_limit: '1MiB' },
    ],
    [
      'a line does not end',
      (_request, response) =>
        response.writeHead(200, { 'content-type': textType }).end(`a{x="${'y'.repeat(2 ** 21)}"} 1\n`),
      /Line 1: longer than/,
    ],
    [
      'there are too many samples',
      (_request, response) => response.writeHead(200, { 'content-type': textType }).end(`${page}b 1\n`),
      /more samples than sample_limit allows, 2/,
      { sample_limit: 2 },
    ],
    [
      'there are too many labels',
      (_request, response) => response.writeHead(200, { 'content-type': textType }).end('b{c="1",d="1",e="1"} 1\n'),
      /b has 6 labels: label_limit allows 5/,
      { label_limit: 5 },
    ],
    [
      'the name of a label is too long',
      (_request, response) => response.writeHead(200, { 'content-type': textType }).end('b{elevenbytes="1"} 1\n'),
      /label_name_length_limit allows, 10 bytes: elevenbytes/,
      { label_name_length_limit: 10 },
    ],
    [
      'the value of a label is too long',
      (_request, response) => response.writeHead(200, { 'content-type': textType }).end(`b{c="${'é'.repeat(20)}"} 1\n`),
      /The label c of b is longer than label_value_length_limit allows, 39 bytes/,
      { label_value_length_limit: 39 },
    ],
    [
      'a name is not allowed',
      (_request, response) => response.writeHead(200, { 'content-type': textType }).end('{"b.c"} 1\n'),
      /"b.c" cannot be the name of a metric/,
      { metric_name_validation_scheme: 'legacy' },
    ],
  ])('%s', async (_name, answer, reason, more = {}) => {
    target.show(page);
    run = await scraping(oneJob([target.address], more));
    expect(valueIn(await run.until(isUp(1)), 'a')).toBe(3);

    target.answer(answer);
    const failed = await run.until(isUp(0));
    expect(valueIn(failed, 'a')).toBe('ended');
    expect(reasons()).toEqual([expect.stringMatching(reason)]);
    // Nothing ends twice, and nothing is told that is half a page.
    const again = await run.next();
    expect([valueIn(again, 'up'), valueIn(again, 'a'), valueIn(again, 'b')]).toEqual([0, undefined, undefined]);
    expect(reasons()).toHaveLength(1);

    target.show(page);
    expect(valueIn(await run.until(isUp(1)), 'a')).toBe(3);
    expect(run.context.lines.at(-1)!.message).toBe('The target can be scraped again.');
  });

  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, 'a 1\n'));

  it('nobody is there', async () => {
    const { address } = target;
    run = await scraping(oneJob([address, '127.0.0.1:1']));
    const failed = await run.until(isUp(0));
    expect(valueIn(failed, 'scrape_samples_scraped')).toBe(0);
  });
});

describe('what is not said well is read all the same', () => {
  it('with fallback_scrape_protocol, whatever the content type', async () => {
    target.show(page, 'application/octet-stream');
    run = await scraping(oneJob([target.address], { fallback_scrape_protocol: 'PrometheusText0.0.4' }));
    expect(valueIn(await run.next(), 'a')).toBe(3);
  });

  it('packed with gzip, as was asked for', async () => {
    target.answer((_request, response) =>
      response.writeHead(200, { 'content-type': textType, 'content-encoding': 'gzip' }).end(gzipSync(page)),
    );
    run = await scraping(oneJob([target.address]));
    expect(valueIn(await run.next(), 'a')).toBe(3);
    expect(target.requests[0]!.headers['accept-encoding']).toBe('gzip');
  });

  it('an empty page: there is nothing, and the target is up', async () => {
    target.show('');
    run = await scraping(oneJob([target.address]));
    const batch = await run.next();
    expect([valueIn(batch, 'up'), valueIn(batch, 'scrape_samples_scraped')]).toEqual([1, 0]);
  });
});

describe('a request', () => {
  it('says what can be read, how long it may take, and the parameters', async () => {
    target.show(page);
    run = await scraping(
      oneJob([target.address], {
        params: { 'match[]': ['up', 'a b'], n: [1] },
        metrics_path: '/federate',
        enable_compression: false,
      }),
    );
    await run.next();
    const [request] = target.requests;
    expect(request!.url).toBe('/federate?match%5B%5D=up&match%5B%5D=a+b&n=1');
    expect(request!.headers).toMatchObject({
      accept:
        'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1',
      'accept-encoding': 'identity',
      'x-prometheus-scrape-timeout-seconds': '10',
    });
  });

  it('goes where it is sent, and shows who asks only to the target itself', async () => {
    const elsewhere = await targetServer(createServer());
    try {
      elsewhere.show(page);
      target.answer((request, response) =>
        request.url === '/metrics'
          ? response.writeHead(307, { location: '/moved' }).end()
          : response.writeHead(307, { location: `http://${elsewhere.address}/there` }).end(),
      );
      run = await scraping(
        oneJob([target.address], { bearer_token: 'sesame', http_headers: { 'X-Key': { secrets: ['k'] } } }),
      );
      expect(valueIn(await run.next(), 'a')).toBe(3);
      expect(target.requests.slice(0, 2).map(({ headers }) => [headers['authorization'], headers['x-key']])).toEqual([
        ['Bearer sesame', 'k'],
        ['Bearer sesame', 'k'],
      ]);
      const [there] = elsewhere.requests;
      expect([there!.url, there!.headers['authorization'], there!.headers['x-key']]).toEqual([
        '/there',
        undefined,
        undefined,
      ]);
    } finally {
      await run?.stop();
      await elsewhere.close();
    }
  });
});

it('a target that hangs costs only itself', async () => {
  const others = await Promise.all([targetServer(), targetServer(), targetServer()]);
  try {
    for (const one of others) one.show(page);
    target.answer(() => {});
    run = await scraping(
      oneJob([target.address, ...others.map(({ address }) => address)], { scrape_timeout: '200ms' }),
    );
    await run.until(isUp(0));
    await run.until(isUp(0));
    for (const one of others) expect(one.requests.length).toBeGreaterThanOrEqual(2);
  } finally {
    await run?.stop();
    await Promise.all(others.map((one) => one.close()));
  }
});
