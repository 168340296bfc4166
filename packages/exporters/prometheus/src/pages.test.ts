import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { fetched, gauge, page, point, start } from '../testdata/serving.ts';

const accept = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';

describe('the page', () => {
  test('is served where the log says', async () => {
    const { url, take, context } = await start();
    await take(gauge({}, point(1)));
    expect(context.lines).toEqual([{ level: 'info', message: 'Serving metrics.', fields: { url } }]);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
    const { status, headers, text } = await fetched(url);
    expect({ status, text }).toEqual({ status: 200, text: page });
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(headers['content-length']).toBe(String(page.length));
  });

  test('is in OpenMetrics for a scraper that prefers it', async () => {
    const { url, take } = await start();
    await take(gauge({}, point(1)));
    const { headers, text } = await fetched(url, { headers: { accept } });
    expect(headers['content-type']).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect(text).toContain('# UNIT a_size_bytes bytes\n');
    expect(text).toMatch(/# EOF\n$/);
  });

  test('is not where that is switched off', async () => {
    const { url } = await start({ enable_open_metrics: false });
    const { headers } = await fetched(url, { headers: { accept } });
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  });

  test('has its own names only for scrapers that read UTF-8', async () => {
    const { url, take } = await start({ translation_strategy: 'NoTranslation', without_scope_info: true });
    await take(gauge({}, point(1)));
    const utf8 = await fetched(url, { headers: { accept: 'text/plain;version=1.0.0;escaping=allow-utf-8' } });
    expect(utf8.headers['content-type']).toContain('escaping=allow-utf-8');
    expect(utf8.text).toContain('{"a.size"} 1\n');
    expect((await fetched(url)).text).toContain('a_size 1\n');
  });

  test('is compressed for those who take it so', async () => {
    const { url, take } = await start();
    await take(gauge({}, point(1)));
    const { headers, body } = await fetched(url, { headers: { 'accept-encoding': 'br, gzip;q=0.8' } });
    expect(headers['content-encoding']).toBe('gzip');
    expect(headers['content-length']).toBe(String(body.length));
    expect(gunzipSync(body).toString()).toBe(page);
  });

  test('has no body in the answer to HEAD', async () => {
    const { url, take } = await start();
    await take(gauge({}, point(1)));
    const { status, headers, text } = await fetched(url, { method: 'HEAD' });
    expect({ status, length: headers['content-length'], text }).toEqual({
      status: 200,
      length: String(page.length),
      text: '',
    });
  });

  test('answers HTTP/1.0, and ends the connection', async () => {
    const { url, take } = await start();
    await take(gauge({}, point(1)));
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.end('GET /metrics HTTP/1.0\r\n\r\n');
    const text = (await buffer(socket)).toString();
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(text).not.toMatch(/transfer-encoding/i);
    expect(text.split('\r\n\r\n')[1]).toBe(page);
  });

  test('has a path of its own, and says so elsewhere', async () => {
    const { url, take } = await start({ path: '/prom' });
    await take(gauge({}, point(1)));
    const { origin } = new URL(url);
    expect((await fetched(`${origin}/prom?name=x`)).text).toBe(page);
    expect(await fetched(`${origin}/metrics`)).toMatchObject({
      status: 404,
      text: 'There is nothing here. The metrics are at /prom.\n',
    });
    expect(await fetched(`${origin}/`)).toMatchObject({ status: 200, text: 'The metrics are at /prom.\n' });
    expect(await fetched(`${origin}//prom/..`)).toMatchObject({ status: 404 });
  });

  test('can be the root', async () => {
    const { url, take } = await start({ path: '/' });
    await take(gauge({}, point(1)));
    expect((await fetched(url)).text).toBe(page);
  });

  test('can only be read', async () => {
    const { url } = await start();
    const { status, headers } = await fetched(url, { method: 'POST', headers: { 'content-length': 0 } });
    expect({ status, allow: headers.allow }).toEqual({ status: 405, allow: 'GET, HEAD' });
  });

  test('carries the headers of the config', async () => {
    const { url } = await start({ response_headers: { 'x-frame-options': 'DENY' } });
    expect((await fetched(url)).headers['x-frame-options']).toBe('DENY');
    expect((await fetched(`${url}/x`)).headers['x-frame-options']).toBe('DENY');
  });

  test('is the same for a hundred scrapers at once', async () => {
    const { url, take } = await start();
    const points = Array.from({ length: 5000 }, (_, index) => point(index, { index }));
    await take(gauge({}, ...points));
    const answers = await Promise.all(Array.from({ length: 100 }, () => fetched(url, { agent: false })));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers[0]!.text.split('\n')).toHaveLength(5003);
  });

  test('of many series leaves the event loop to others', async () => {
    const { url, take } = await start();
    const points = Array.from({ length: 60_000 }, (_, index) => point(index, { index, more: 'x'.repeat(50) }));
    const turnsOf = async (work: Promise<unknown>): Promise<number> => {
      let turns = 0;
      let done = false;
      const turn = (): void => {
        turns += 1;
        if (!done) setImmediate(turn);
      };
      turn();
      await work;
      done = true;
      return turns;
    };
    expect(await turnsOf(take(gauge({}, ...points)))).toBeGreaterThan(5);
    const scrape = fetched(url);
    expect(await turnsOf(scrape)).toBeGreaterThan(5);
    expect((await scrape).text.split('\n')).toHaveLength(60_003);
  });
});
