import type { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { checking } from '../testdata/checking.ts';
import { type Authority, createAuthority, createServers } from '../testdata/servers.ts';

const servers = createServers();
let authority: Authority;
beforeAll(() => void (authority = createAuthority()));
afterEach(() => servers.closeAll());
afterAll(() => authority.remove());

const head = 'HTTP/1.1 200 OK\r\n';

/** Writes as long as the other side takes. */
function flood(socket: Socket, chunk: string): void {
  const more = (): void => {
    while (!socket.destroyed && socket.write(chunk));
    if (!socket.destroyed) socket.once('drain', more);
  };
  more();
}

const drip = (socket: Socket, text: string): void => {
  const timer = setInterval(() => (socket.destroyed ? clearInterval(timer) : socket.write(text)), 20);
  socket.once('close', () => clearInterval(timer));
};

describe('a bad server costs only its own target, and no more than its timeout', () => {
  const late = /It did not answer within its timeout of 400ms/;
  it.each<[string, (socket: Socket) => void, RegExp]>([
    ['accepts and says nothing', () => {}, late],
    ['hangs up', (socket) => socket.destroy(), /hang up|ECONNRESET/],
    ['resets', (socket) => socket.resetAndDestroy(), /hang up|ECONNRESET/],
    ['says garbage', (socket) => socket.end('220 smtp.example.org\r\n'), /Parse Error/],
    ['says bytes of nothing', (socket) => socket.end(Buffer.alloc(100_000, 0xff)), /Parse Error/],
    [
      'has headers without end',
      (socket) => flood(socket, head + 'x-a: b\r\n'.repeat(8_000)),
      /Header overflow|Parse Error/,
    ],
    ['drips its headers', (socket) => (socket.write(head), drip(socket, 'x')), late],
    [
      'drips its body',
      (socket) => {
        socket.write(`${head}content-length: 1000000\r\n\r\n`);
        drip(socket, 'x');
      },
      late,
    ],
    ['continues for ever', (socket) => drip(socket, 'HTTP/1.1 100 Continue\r\n\r\n'), late],
    [
      'ends in the middle',
      (socket) => socket.end(`${head}content-length: 1000\r\n\r\nhalf`),
      /The connection was lost in the middle of the answer/,
    ],
    [
      'has two lengths',
      (socket) => socket.end(`${head}content-length: 1\r\ncontent-length: 2\r\n\r\nab`),
      /Parse Error/,
    ],
    [
      'changes the protocol',
      (socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
      /switched to another protocol/,
    ],
  ])('that %s', async (_name, behave, reason) => {
    const bad = await servers.raw((socket) => void socket.once('data', () => behave(socket)));
    const good = await servers.http((_, response) => void response.end());
    const { scrape } = checking([
      { name: 'bad', endpoint: bad, timeout: '400ms' },
      { name: 'good', endpoint: good },
    ]);
    const began = performance.now();
    const seen = await scrape();
    expect(performance.now() - began).toBeLessThan(3_000);
    expect(seen.errors).toEqual([]);
    expect(seen.values('httpcheck.up')).toEqual({ bad: 0, good: 1 });
    expect(Object.keys(seen.values('httpcheck.error'))).toEqual([expect.stringMatching(reason)]);
    expect(seen.logs).toEqual([expect.stringMatching(reason)]);
  });

  it('nobody is there, and a name that nobody has', async () => {
    const seen = await checking([{ endpoint: 'http://127.0.0.1:1/' }, { endpoint: 'http://nobody.invalid/' }]).scrape();
    expect(Object.keys(seen.values('httpcheck.error')).sort()).toEqual([
      expect.stringMatching(/ECONNREFUSED/),
      expect.stringMatching(/ENOTFOUND|EAI_AGAIN/),
    ]);
  });

  it('a body without end is read up to its bound', async () => {
    const endless = await servers.raw((socket) => {
      socket.once('data', () => {
        socket.write(`${head}\r\nfound it `);
        flood(socket, 'x'.repeat(65_536));
      });
    });
    const before = process.memoryUsage().rss;
    const seen = await checking([
      {
        endpoint: endless,
        max_response_size: '100KiB',
        validations: [{ contains: 'found it' }, { not_contains: 'nowhere' }, { max_size: 1e9 }, { min_size: 1000 }],
      },
    ]).scrape();
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
    expect(seen.values('httpcheck.validation.passed')).toEqual({ contains: 1, not_contains: 0, size: 1 });
    expect(seen.values('httpcheck.validation.failed')).toEqual({ contains: 0, not_contains: 1, size: 1 });
    expect(seen.values('httpcheck.response.size')).toEqual({});
    expect(
      seen.values('httpcheck.status')['2xx 200 GET'] ?? Object.values(seen.values('httpcheck.status')),
    ).toBeDefined();
  });

  it('a server that hangs longer than the scrape may last is told all the same', async () => {
    const hanging = await servers.raw(() => {});
    const good = await servers.http((_, response) => void response.end());
    const { scrape } = checking([
      { name: 'bad', endpoint: hanging },
      { name: 'good', endpoint: good },
    ]);
    const seen = await scrape(300);
    expect(seen.values('httpcheck.up')).toEqual({ good: 1, bad: 0 });
    expect(Object.keys(seen.values('httpcheck.error'))).toEqual([
      'bad It did not answer within 285ms, which is what the timeout of the scrape leaves it.',
    ]);
    expect(seen.errors).toEqual([]);
    expect(seen.logs).toEqual([expect.stringMatching(/is down/)]);
    // The next scrape is not held up by it.
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await scrape(300)).values('httpcheck.up')).toEqual({ good: 1, bad: 0 });
  });

  it.each<[string, (socket: Socket) => void, RegExp]>([
    ['says nothing to a TLS handshake', () => {}, late],
    [
      'hangs up in it',
      (socket) => socket.destroy(),
      /ECONNRESET|closed during the TLS handshake|disconnected before secure/,
    ],
    ['drips in it', (socket) => drip(socket, 'x'), /EPROTO|wrong version|packet/],
    ['speaks no TLS', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'), /EPROTO|wrong version|packet/],
    ['drips a TLS record', (socket) => (socket.write(Buffer.from([22, 3, 3, 0x40, 0])), drip(socket, '\0')), late],
  ])('that %s', async (_name, behave, reason) => {
    const bad = await servers.raw((socket) => void socket.once('data', () => behave(socket)));
    const { cert, key } = authority.issue('good');
    const good = await servers.https((_, response) => void response.end(), { cert, key });
    const seen = await checking([
      { name: 'bad', endpoint: bad.replace('http:', 'https:'), timeout: '400ms' },
      { name: 'good', endpoint: good, tls: { ca_file: authority.caFile } },
    ]).scrape();
    expect(seen.values('httpcheck.up')).toEqual({ bad: 0, good: 1 });
    expect(Object.keys(seen.values('httpcheck.error'))).toEqual([expect.stringMatching(reason)]);
  });

  it('that hangs, or sends without end, once TLS is there', async () => {
    const { cert, key } = authority.issue('secure');
    const endpoint = await servers.https(
      ({ url }, response) => {
        if (url === '/flood') flood(response as unknown as Socket, 'x'.repeat(65_536));
        if (url === '/half') response.write('half');
      },
      { cert, key },
    );
    const tls = { ca_file: authority.caFile };
    const seen = await checking([
      { name: 'hang', endpoint: `${endpoint}/`, tls, timeout: '300ms' },
      { name: 'half', endpoint: `${endpoint}/half`, tls, timeout: '300ms' },
      { name: 'flood', endpoint: `${endpoint}/flood`, tls, timeout: '5s', max_response_size: '64KiB' },
    ]).scrape();
    expect(seen.values('httpcheck.up')).toEqual({ hang: 0, half: 0, flood: 1 });
    expect(seen.logs.filter((line) => line.includes('300ms'))).toHaveLength(2);
  });

  it('that is a proxy and does not connect', async () => {
    const proxy = await servers.raw(() => {});
    const seen = await checking([
      { endpoint: 'https://example.invalid/', proxy_url: proxy, timeout: '300ms' },
    ]).scrape();
    expect(Object.keys(seen.values('httpcheck.error'))).toEqual(['It did not answer within its timeout of 300ms.']);
  });
});
