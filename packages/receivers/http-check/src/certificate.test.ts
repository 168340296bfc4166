import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { checking } from '../testdata/checking.ts';
import type { Authority } from '../testdata/servers.ts';
import { createAuthority, createServers } from '../testdata/servers.ts';

const servers = createServers();
let authority: Authority;
beforeAll(() => void (authority = createAuthority()));
afterEach(() => servers.closeAll());
afterAll(() => authority.remove());

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
