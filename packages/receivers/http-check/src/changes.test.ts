import { createServer } from 'node:https';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { checking } from '../testdata/checking.ts';
import type { Authority } from '../testdata/servers.ts';
import { createAuthority, createServers } from '../testdata/servers.ts';

const servers = createServers();
let authority: Authority;
beforeAll(() => void (authority = createAuthority()));
afterEach(() => servers.closeAll());
afterAll(() => authority.remove());

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
    const server = createServer(issued, (_, response) => void response.end());
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
