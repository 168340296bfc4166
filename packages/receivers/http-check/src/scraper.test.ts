import { createServer } from 'node:http';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { checking } from '../testdata/checking.ts';
import { type Authority, createAuthority, createServers } from '../testdata/servers.ts';

const servers = createServers();
let authority: Authority;
beforeAll(() => void (authority = createAuthority()));
afterEach(() => servers.closeAll());
afterAll(() => authority.remove());

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

describe('where it goes', () => {
  it('to addresses of one kind', async () => {
    const endpoint = await servers.on('127.0.0.1', (_, response) => void response.end());
    const named = endpoint.replace('127.0.0.1', 'localhost');
    const { values } = await checking([
      { name: 'four', endpoint: named, ip_version: 'ipv4' },
      { name: 'six', endpoint: named, ip_version: 'ipv6' },
    ]).scrape();
    expect(values('httpcheck.up')).toEqual({ four: 1, six: 0 });
  });

  it('to a unix socket', async () => {
    const path = join(tmpdir(), `millrace-http-check-${process.pid}.sock`);
    rmSync(path, { force: true });
    await servers.at(path, (request, response) => void response.end(`${request.headers.host} ${request.url}`));
    const seen = await checking([
      { endpoint: 'http://app.example/health', socket_path: path, validations: [{ contains: 'app.example /health' }] },
    ]).scrape();
    expect(seen.values('httpcheck.up')).toEqual({ '': 1 });
    expect(Object.keys(seen.values('httpcheck.client.connection.duration'))).toEqual(['unix']);
    expect(seen.values('httpcheck.dns.lookup.duration')).toEqual({});
  });

  it('through a proxy, in the clear and in a tunnel', async () => {
    const asked: string[] = [];
    const proxy = createServer((request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers['proxy-authorization']}`);
      response.end('from the proxy');
    });
    proxy.on('connect', (request, socket) => {
      asked.push(`${request.method} ${request.url} ${request.headers['proxy-authorization']}`);
      if (request.url!.startsWith('refused')) return void socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      const onward = connect(Number(request.url!.split(':')[1]), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        onward.pipe(socket).pipe(onward);
      });
      for (const one of [onward, socket]) one.on('error', () => {});
      return undefined;
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const proxyUrl = `http://me:secret@127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const { cert, key } = authority.issue('behind');
    const secure = await servers.https((_, response) => void response.end('inside'), { cert, key });
    const { values, text } = await checking([
      {
        name: 'plain',
        endpoint: 'http://plain.example/a?b=c',
        proxy_url: proxyUrl,
        validations: [{ contains: 'from the proxy' }],
      },
      {
        name: 'tunnel',
        endpoint: secure,
        proxy_url: proxyUrl,
        tls: { ca_file: authority.caFile },
        validations: [{ contains: 'inside' }],
      },
      { name: 'no', endpoint: 'https://refused.example/', proxy_url: proxyUrl },
    ]).scrape();
    proxy.closeAllConnections();
    proxy.close();
    expect(text.match(/error.message="[^"]*"/g)).toEqual([
      'error.message="The proxy does not connect to refused.example:443: HTTP status 403."',
    ]);
    expect(values('httpcheck.up')).toEqual({ plain: 1, tunnel: 1, no: 0 });
    const who = `Basic ${Buffer.from('me:secret').toString('base64')}`;
    expect(asked.sort()).toEqual([
      `CONNECT ${secure.slice(8)} ${who}`,
      `CONNECT refused.example:443 ${who}`,
      `GET http://plain.example/a?b=c ${who}`,
    ]);
    expect(text).toContain('The proxy does not connect to refused.example:443: HTTP status 403.');
    expect(text).not.toContain('secret');
  });

  it('where redirects lead, without what may be secret', async () => {
    const seen: string[] = [];
    const elsewhere = await servers.http((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.authorization} ${request.headers['x-key']}`);
      response.end('there');
    });
    const endpoint = await servers.http((request, response) => {
      const { pathname } = new URL(request.url!, 'http://x');
      if (pathname !== '/loop')
        seen.push(`${request.method} ${pathname} ${request.headers.authorization} ${request.headers['x-key']}`);
      const to = {
        '/a': '/b',
        '/b': `${elsewhere}/c`,
        '/post': `${elsewhere}/p`,
        '/303': '/done',
        '/loop': '/loop',
        '/ftp': 'ftp://x/?token=1',
        '/none': undefined,
      }[pathname];
      if (pathname === '/done') response.end();
      else response.writeHead(pathname === '/303' ? 303 : 307, to === undefined ? {} : { location: to }).end();
    });
    const headers = { Authorization: 'Bearer sesame', 'X-Key': 'k' };
    const { values, text } = await checking([
      { name: 'followed', endpoint: `${endpoint}/a`, headers, validations: [{ contains: 'there' }] },
      { name: 'not', endpoint: `${endpoint}/a`, follow_redirects: false, validations: [{ status: 307 }] },
      { name: 'post', endpoint: `${endpoint}/post`, method: 'POST', body: 'secret' },
      { name: 'see other', endpoint: `${endpoint}/303`, method: 'POST', body: 'x', headers },
      { name: 'loop', endpoint: `${endpoint}/loop` },
      { name: 'ftp', endpoint: `${endpoint}/ftp` },
      { name: 'nowhere', endpoint: `${endpoint}/none` },
    ]).scrape();
    expect(values('httpcheck.up')).toEqual({
      followed: 1,
      not: 1,
      post: 0,
      'see other': 1,
      loop: 0,
      ftp: 0,
      nowhere: 1,
    });
    expect(values('httpcheck.redirects')).toEqual({ followed: 2, not: 0, 'see other': 1, nowhere: 0 });
    expect(seen).toContain('GET /b Bearer sesame k');
    expect(seen).toContain('GET /c undefined undefined');
    expect(seen).toContain('GET /done Bearer sesame k');
    expect(seen.filter((line) => line.includes('/p '))).toEqual([]);
    expect(text).toContain('There were more than 10 redirects.');
    expect(text).toContain('it would take a POST to another server');
    expect(text).toMatch(/The redirect to .*ftp:\/\/x\/.* cannot be followed/);
    expect(text).not.toContain('token');
  });
});

describe('TLS', () => {
  const days = (count: number): number => count * 86_400;

  it('tells how long the certificates last, of its chain too', async () => {
    const { cert, key } = authority.issue('shop', { days: 30 });
    const endpoint = await servers.https((_, response) => void response.end(), {
      cert: Buffer.concat([cert, authority.ca]),
      key,
    });
    const seen = await checking([{ endpoint, tls: { ca_file: authority.caFile } }]).scrape();
    await expect(seen.text).toMatchFileSnapshot('../testdata/expected-tls.txt');
    const [remaining] = Object.values(seen.values('httpcheck.tls.cert_remaining')) as number[];
    expect(Math.abs(remaining! - days(30))).toBeLessThan(120);
    const chain = Object.values(seen.values('httpcheck.tls.chain.cert_remaining')) as number[];
    expect(chain).toHaveLength(2);
    expect(Math.abs(chain[1]! - days(365))).toBeLessThan(120);
    expect(seen.logs).toEqual([]);
  });

  it('an expired certificate is refused before anything is sent, and its age is told', async () => {
    let requests = 0;
    const { cert, key } = authority.issue('old', { enddate: '20240101000000Z' });
    const endpoint = await servers.https((_, response) => void (requests++, response.end()), { cert, key });
    const { scrape } = checking([
      { endpoint, tls: { ca_file: authority.caFile }, headers: { authorization: 'Bearer sesame' } },
    ]);
    const seen = await scrape();
    expect(requests).toBe(0);
    expect(Object.values(seen.values('httpcheck.tls.cert_remaining'))[0]).toBeLessThan(-days(365));
    expect(Object.keys(seen.values('httpcheck.error'))).toEqual(['The certificate is refused: CERT_HAS_EXPIRED']);
    expect(seen.logs).toEqual([
      'ERROR https://localhost:PORT is down: The certificate is refused: CERT_HAS_EXPIRED',
      'WARN A certificate of https://localhost:PORT, old, has ended: 2024-01-01T00:00:00.000Z.',
    ]);
    expect((await scrape()).logs).toEqual([]);
  });

  it.each([
    ['of another name', { names: 'DNS:other.example' }, {}, 0, /altnames: Host: localhost\. is not/],
    [
      'of another name, which is said',
      { names: 'DNS:other.example' },
      { server_name_override: 'other.example' },
      1,
      undefined,
    ],
    ['of nobody known', {}, { ca_file: undefined }, 0, /UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED/],
    ['of nobody known, which is taken', {}, { ca_file: undefined, insecure_skip_verify: true }, 1, undefined],
    ['with a file that is not there', {}, { ca_file: '/nowhere/ca.pem' }, 0, /tls.ca_file cannot be read/],
  ])('a certificate %s', async (_name, issued, tls, up, reason) => {
    const { cert, key } = authority.issue('one', issued);
    const endpoint = await servers.https((_request, response) => void response.end(), { cert, key });
    const seen = await checking([
      { endpoint, tls: JSON.parse(JSON.stringify({ ca_file: authority.caFile, ...tls })) as object },
    ]).scrape();
    expect(seen.values('httpcheck.up')).toEqual({ '': up });
    if (reason) expect(Object.keys(seen.values('httpcheck.error'))).toEqual([expect.stringMatching(reason)]);
  });

  it('shows its own certificate to the endpoint, and not to where that sends it', async () => {
    const { cert, key, certFile, keyFile } = authority.issue('client');
    const asks = { cert, key, ca: authority.ca, requestCert: true };
    const shown: string[] = [];
    const show = (place: string, socket: object): void => {
      const { subject } = (socket as { getPeerCertificate(): { subject?: { CN: string } } }).getPeerCertificate();
      shown.push(`${place} ${subject?.CN}`);
    };
    const other = await servers.https((request, response) => (show('other', request.socket), response.end()), {
      ...asks,
      rejectUnauthorized: false,
    } as typeof asks);
    const endpoint = await servers.https((request, response) => {
      show('first', request.socket);
      response.writeHead(302, { location: other }).end();
    }, asks);
    const seen = await checking([
      { endpoint, tls: { ca_file: authority.caFile, cert_file: certFile, key_file: keyFile } },
    ]).scrape();
    expect(seen.values('httpcheck.up')).toEqual({ '': 1 });
    expect(shown).toEqual(['first client', 'other undefined']);
  });
});

describe('samples', () => {
  it('percentiles are samples, by nearest rank', async () => {
    let requests = 0;
    let most = 0;
    let now = 0;
    const connections = new Set<number | undefined>();
    const endpoint = await servers.http((request, response) => {
      connections.add(request.socket.remotePort);
      requests++;
      most = Math.max(most, ++now);
      setTimeout(
        () => {
          now--;
          response.end();
        },
        requests === 20 ? 300 : 5,
      );
    });
    const seen = await checking([{ endpoint, samples: 50, concurrency: 5 }]).scrape();
    expect(requests).toBe(50);
    expect(most).toBe(5);
    // One for the first request, and five that the others share.
    expect(connections.size).toBe(6);
    expect(seen.values('httpcheck.sample.count')).toEqual({ ok: 50, failed: 0 });
    const {
      '0.5': half,
      '0.9': most90,
      '0.99': p99,
      1: slowest,
    } = seen.values('httpcheck.sample.duration') as Record<string, number>;
    expect(half).toBeLessThanOrEqual(most90!);
    expect(most90).toBeLessThan(290);
    expect(p99).toBe(slowest);
    expect(slowest).toBeGreaterThan(290);
  });

  it('those that fail are counted and have no part in it', async () => {
    let requests = 0;
    const endpoint = await servers.http((_, response) => {
      requests++;
      if (requests % 4 === 0) response.socket!.destroy();
      else if (requests % 4 === 2) response.writeHead(500).end();
      else response.end();
    });
    const seen = await checking([{ endpoint, samples: 20, concurrency: 4, disable_keep_alives: true }]).scrape();
    expect(seen.values('httpcheck.sample.count')).toEqual({ ok: 10, failed: 10 });
  });

  it('what is not done at the timeout has failed', async () => {
    let requests = 0;
    const endpoint = await servers.http((_, response) => void (requests++ < 3 && response.end()));
    const seen = await checking([{ endpoint, samples: 1000, concurrency: 2, timeout: '1s' }]).scrape();
    expect(seen.values('httpcheck.sample.count')).toEqual({ ok: 3, failed: 2 });
    expect(seen.values('httpcheck.up')).toEqual({ '': 1 });
  });

  it('a server that closes idle connections loses none', async () => {
    const served = new WeakMap<object, number>();
    const endpoint = await servers.http((request, response) => {
      const { socket } = request;
      const times = (served.get(socket) ?? 0) + 1;
      served.set(socket, times);
      // As a server does whose time-out strikes when the next request is on its way.
      if (times > 2) socket.destroy();
      else response.end();
    });
    const kept = await checking([{ endpoint, samples: 40, concurrency: 4 }]).scrape();
    expect(kept.values('httpcheck.sample.count')).toEqual({ ok: 40, failed: 0 });
    // What may have had an effect is not sent twice.
    const posted = await checking([{ endpoint, method: 'POST', body: 'x', samples: 40, concurrency: 4 }]).scrape();
    expect(posted.values('httpcheck.sample.count')['failed']).toBeGreaterThan(5);
  });

  it('many targets and many samples are no leak to Node', async () => {
    const warnings: Error[] = [];
    const warn = (warning: Error): void => void warnings.push(warning);
    process.on('warning', warn);
    const endpoint = await servers.http((_, response) => void response.end());
    const targets = Array.from({ length: 30 }, (_, index) => ({ name: String(index), endpoint }));
    await checking([...targets, { endpoint, samples: 60, concurrency: 60 }]).scrape();
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', warn);
    expect(warnings).toEqual([]);
  });

  it('of an endpoint that is down there are none', async () => {
    const { values } = await checking([{ endpoint: 'http://127.0.0.1:1/', samples: 50 }]).scrape();
    expect([values('httpcheck.up'), values('httpcheck.sample.count')]).toEqual([{ '': 0 }, {}]);
  });
});

describe('what changes is told once', () => {
  it('down, another reason, up again', async () => {
    let status = 200;
    const endpoint = await servers.http((_, response) => void response.writeHead(status).end());
    const { scrape, clock } = checking([{ endpoint }], { clock: 'manual' });
    expect((await scrape()).logs).toEqual([]);
    status = 500;
    const { logs, records } = await scrape();
    expect(logs).toEqual(['ERROR http://127.0.0.1:PORT is down: The status is 500.']);
    expect(records[0]).toMatchObject({
      eventName: 'httpcheck.down',
      severityNumber: 17,
      attributes: { 'http.url': endpoint, 'http.status_code': 500 },
    });
    status = 404;
    expect((await scrape()).logs).toEqual([]);
    await clock.advance(90_000);
    status = 200;
    expect((await scrape()).logs).toEqual(['INFO http://127.0.0.1:PORT is up again, after 1.5m.']);
    expect((await scrape()).logs).toEqual([]);
  });

  it('a certificate near its end, and the one after it', async () => {
    let issued = authority.issue('short', { days: 10 });
    const listening = await servers.https((_, response) => void response.end(), issued);
    const { scrape } = checking([{ endpoint: listening, tls: { ca_file: authority.caFile } }]);
    expect((await scrape()).logs).toEqual([
      expect.stringMatching(/^WARN A certificate of .*, short, ends in 9 days: /),
    ]);
    expect((await scrape()).logs).toEqual([]);
    await servers.closeAll();
    issued = authority.issue('long', { days: 90 });
    const port = Number(new URL(listening).port);
    const { createServer: secure } = await import('node:https');
    const server = secure(issued, (_, response) => void response.end());
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    const { logs } = await scrape();
    server.closeAllConnections();
    server.close();
    expect(logs).toEqual(['INFO The certificates of https://localhost:PORT last again.']);
  });

  it('the series of an error and of a status end with them', async () => {
    let isThere = false;
    const endpoint = await servers.http(
      (request, response) => void (isThere ? response.end() : request.socket.destroy()),
    );
    const { scrape } = checking([{ endpoint }]);
    expect((await scrape()).text).toMatch(/^httpcheck\.error\{.*\} 1 \{error\}$/m);
    isThere = true;
    const { text } = await scrape();
    expect(text).toMatch(/^httpcheck\.error\{.*\} ended \{error\}$/m);
    expect(text).toMatch(/status_class="2xx",http.status_code=200,http.url="[^"]*"\} 1 1$/m);
    expect(text).toMatch(/status_class="2xx",http.url="[^"]*"\} ended 1$/m);
  });
});
