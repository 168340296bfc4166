import { readFileSync } from 'node:fs';
import { createAuthority, manualClock, sink } from '@millrace/core/testing';
import { afterAll, afterEach, expect, it } from 'vitest';
import { commandsOf } from './testdata/commands.ts';
import { type FakeServer, fakeServer } from './testdata/fake-server.ts';
import { idleOf, metricsOf, pass, type Pulling, pulling } from './testdata/pulling.ts';

const authority = createAuthority();
const stranger = createAuthority();
afterAll(() => {
  authority.remove();
  stranger.remove();
});
const ours = authority.issue('pyroscope.test');
const client = authority.issue('millrace');
const strange = stranger.issue('millrace');
const material = ({ certFile, keyFile }: typeof ours) => ({ cert: readFileSync(certFile), key: readFileSync(keyFile) });

let server: FakeServer;
let run: Pulling | undefined;
afterEach(async () => {
  await run?.stop();
  await server.close();
});

/** Pulls from a server that wants a certificate of the authority, and asks it. */
async function pullWith(tls: object) {
  const clock = manualClock();
  const out = sink();
  const ca = readFileSync(authority.caFile);
  const own = { ...material(ours), ca, requestCert: true, rejectUnauthorized: true };
  server = await fakeServer({ generation: 'v1', now: clock.now, tls: own });
  server.sent.push({
    application: 'shop',
    atNs: BigInt(clock.now() + 1_000) * 1_000_000n,
    arrivesMs: 0,
    stacks: [{ frames: ['main'], values: [7] }],
  });
  const queries = [{ query: 'shop.cpu' }];
  run = await pulling(
    { servers: [{ endpoint: server.endpoint, tls, window: '10s', delay: '10s', queries }] },
    { clock, next: out, wants: ['metrics'] },
  );
  const { context } = run;
  // The connection is there, or it is said why not.
  await expect.poll(() => server.requests.length + context.lines.length).toBeGreaterThan(0);
  await pass(clock, 40_000, { idle: idleOf(server) });
  const asked = commandsOf(run.receiver)('profile', { query: 'shop.cpu', format: 'folded' });
  return {
    asked: await asked.catch((error: Error) => error.message),
    pulled: metricsOf(out.batches).length,
    errors: context.lines.map(({ message, fields }) => [message, (fields as { error?: unknown }).error]),
  };
}

it('a server that wants a certificate is pulled from and asked with one', async () => {
  const tls = { ca_file: authority.caFile, cert_file: client.certFile, key_file: client.keyFile };
  expect(await pullWith(tls)).toEqual({ asked: 'main 7\n', pulled: 1, errors: [] });
});

it.each([
  ['one that no authority here knows', () => ({ cert_file: client.certFile, key_file: client.keyFile }), /certificate/],
  [
    'one of another authority',
    () => ({ ca_file: stranger.caFile, cert_file: client.certFile, key_file: client.keyFile }),
    /certificate/,
  ],
  [
    'one for another name',
    () => ({
      ca_file: authority.caFile,
      cert_file: client.certFile,
      key_file: client.keyFile,
      server_name_override: 'other.test',
    }),
    /other\.test/,
  ],
  ['one that wants a certificate', () => ({ ca_file: authority.caFile }), /alert/],
  [
    'one that wants a certificate of its own authority',
    () => ({ ca_file: authority.caFile, cert_file: strange.certFile, key_file: strange.keyFile }),
    /alert|ECONNRESET|hang up/,
  ],
])('%s is not pulled from, and that is said', async (_, tls, error) => {
  const { asked, pulled, errors } = await pullWith(tls());
  expect([pulled, errors]).toEqual([0, [['The server cannot be asked.', expect.stringMatching(error)]]]);
  expect(asked).toMatch(new RegExp(`^${server.endpoint} cannot be asked: `));
  expect(asked).toMatch(error);
});
