import { afterEach, describe, expect, it } from 'vitest';
import { checking } from '../testdata/checking.ts';
import { createServers } from '../testdata/servers.ts';

const servers = createServers();
afterEach(() => servers.closeAll());

describe('an answer', () => {
  it('of each class, with all that can be told of it', async () => {
    const endpoint = await servers.http((request, response) => {
      const status = Number(request.url!.slice(1));
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(status === 204 ? undefined : '{"status":"UP"}');
    });
    const { scrape } = checking([
      { endpoints: ['/200', '/204', '/304', '/404', '/503'].map((path) => endpoint + path), headers: { 'X-A': 'b' } },
    ]);
    const { text, errors, logs } = await scrape();
    expect(errors).toEqual([]);
    await expect(text).toMatchFileSnapshot('../testdata/expected-statuses.txt');
    expect(logs.toSorted()).toEqual([
      expect.stringMatching(/^ERROR http:.*\/404 is down: The status is 404\.$/),
      expect.stringMatching(/^ERROR http:.*\/503 is down: The status is 503\.$/),
    ]);
  });

  it('to the request that the config says', async () => {
    const seen: object[] = [];
    const endpoint = await servers.http(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { method, url, headers } = request;
      seen.push({
        method,
        url,
        body: Buffer.concat(chunks).toString(),
        type: headers['content-type'],
        a: headers['x-a'],
        host: headers.host,
      });
      response.end();
    });
    const body = '{"id":"a","value":"b"}';
    const { scrape } = checking([
      {
        endpoint: `${endpoint}/v1/commit?x=1#part`,
        method: 'post',
        body,
        auto_content_type: true,
        headers: { 'X-A': 'b', Host: 'api.example' },
      },
      { endpoint, method: 'PUT', body: 'a=b', headers: { 'Content-Type': 'text/x' } },
      { endpoint, body: '' },
    ]);
    await scrape();
    expect(seen).toContainEqual({
      method: 'POST',
      url: '/v1/commit?x=1',
      body,
      type: 'application/json',
      a: 'b',
      host: 'api.example',
    });
    expect(seen).toContainEqual(expect.objectContaining({ method: 'PUT', body: 'a=b', type: 'text/x' }));
    expect(seen).toContainEqual(expect.objectContaining({ method: 'GET', body: '', type: undefined }));
  });

  it('an endpoint that is listed twice has two series', async () => {
    const endpoint = await servers.http((_, response) => void response.end());
    const { scrape } = checking([{ endpoint }, { endpoint, method: 'HEAD' }, { endpoint, name: 'third' }]);
    expect((await scrape()).values('httpcheck.up')).toEqual({ '': 1, 2: 1, third: 1 });
  });

  it('the phases add up to the duration', async () => {
    const endpoint = await servers.http((_, response) => {
      response.on('error', () => {});
      setTimeout(() => {
        response.writeHead(200).write('a');
        setTimeout(() => response.end('b'), 60);
      }, 120);
    });
    const seen = await checking([
      { endpoint: endpoint.replace('127.0.0.1', 'localhost'), ip_version: 'ipv4' },
    ]).scrape();
    const one = (metric: string): number => Object.values(seen.values(metric))[0] as number;
    const phases = ['dns.lookup', 'client.connection', 'client.request', 'first_byte', 'response'].map((name) =>
      one(`httpcheck.${name}.duration`),
    );
    expect(one('httpcheck.first_byte.duration')).toBeGreaterThan(110);
    expect(one('httpcheck.response.duration')).toBeGreaterThan(50);
    const sum = phases.reduce((all, phase) => all + phase, 0);
    expect(sum).toBeGreaterThan(170);
    expect(sum).toBeLessThanOrEqual(one('httpcheck.duration'));
    expect(one('httpcheck.duration') - sum).toBeLessThan(200);
    expect(one('httpcheck.response.size')).toBe(2);
  });
});
