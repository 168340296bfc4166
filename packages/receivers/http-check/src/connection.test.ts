import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { checking } from '../testdata/checking.ts';
import { createServers } from '../testdata/servers.ts';

const servers = createServers();
afterEach(() => servers.closeAll());

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
});
