import { afterEach, expect, it } from 'vitest';
import { checking } from '../testdata/checking.ts';
import { createServers } from '../testdata/servers.ts';

const servers = createServers();
afterEach(() => servers.closeAll());

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
