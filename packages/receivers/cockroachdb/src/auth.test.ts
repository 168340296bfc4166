import type { Extension } from '@millrace/core';
import { describeError } from '@millrace/core';
import { afterEach, describe, expect, it } from 'vitest';
import { fakeCluster, type FakeNode, type Handler, json, text } from '../testdata/fake-cluster.ts';
import { harness, type Harness, type Input } from '../testdata/harness.ts';

let open: (Harness | FakeNode)[] = [];
afterEach(async () => {
  for (const one of open) await ('stop' in one ? one.stop() : one.close());
  open = [];
});

/** Nodes that know the sessions that were given, by any of them. */
async function guarded(options: { readonly version?: 'v2' | 'old' } = {}) {
  const fakes = await fakeCluster({ replies: 'v24.1', nodes: ['1', '2'] });
  open.push(...fakes);
  const good = new Set<string>();
  const logins: string[] = [];
  const seen: (string | undefined)[] = [];
  const refuse: Handler = (_request, response) => text(response, 401, 'a valid authentication cookie is required');
  const logIn = (body: string): string | undefined => {
    logins.push(body);
    if (!body.includes('secret-1')) return undefined;
    const session = `CIGA${logins.length}==`;
    good.add(session);
    return session;
  };
  for (const fake of fakes) {
    for (const path of ['/_status/nodes', '/_admin/v1/liveness', '/_admin/v1/jobs', '/_status/details/local']) {
      const answer = fake.answerAs(path);
      fake.answers.set(path, (request, response) => {
        const { 'x-cockroach-api-session': header, cookie, authorization } = request.headers;
        seen.push(authorization ?? cookie);
        const bySession = good.has(String(header)) && cookie === `session=${String(header)}`;
        if (bySession || good.has(String(authorization))) answer(request, response);
        else refuse(request, response);
      });
    }
    const login: Handler = (request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const session = logIn(body);
        if (session === undefined) return text(response, 401, 'the provided credentials did not match any account');
        if (options.version !== 'old') return json(response, { session });
        response.setHeader('set-cookie', [`other=1`, `session=${session}; Path=/; HttpOnly; Secure`]);
        return json(response, {});
      });
    };
    fake.answers.set(options.version === 'old' ? '/login' : '/api/v2/login/', login);
  }
  return { fakes, good, logins, seen };
}

async function receive(
  fakes: readonly FakeNode[],
  credentials: Partial<Input['clusters'][number]>,
  extension?: Extension,
) {
  const config = { clusters: [{ name: 'shop', endpoints: fakes.map(({ url }) => url), ...credentials }] };
  const receiver = await harness(config, { now: '2024-09-30T13:40:00.500Z', ...(extension && { extension }) });
  open.push(receiver);
  return receiver;
}

const up = 'cockroachdb.cluster.up{cockroachdb.cluster.name="shop"|}';
const password = { username: 'monitor', password: 'secret-1' };

describe('a user and a password', () => {
  it('are exchanged for a session, which is used from then on', async () => {
    const { fakes, logins } = await guarded();
    const receiver = await receive(fakes, password);
    expect((await receiver.scrape()).value(up)).toBe(1);
    const first = logins.length;
    expect(logins[0]).toBe('username=monitor&password=secret-1');
    // At most one a node while there is none.
    expect(first).toBeLessThanOrEqual(2);
    const second = await receiver.scrape();
    expect(second.value(up)).toBe(1);
    expect(second.errors).toEqual([]);
    expect(logins).toHaveLength(first);
  });

  it('are used again when the session has expired, and nothing is lost', async () => {
    const { fakes, good, logins } = await guarded();
    const receiver = await receive(fakes, password);
    await receiver.scrape();
    const first = logins.length;
    good.clear();
    const { value, errors } = await receiver.scrape();
    expect(value(up)).toBe(1);
    expect(value('cockroachdb.cluster.jobs{cockroachdb.cluster.name="shop"|status="running"}')).toBe(1);
    expect(errors).toEqual([]);
    expect(logins.length).toBeGreaterThan(first);
    expect(logins.length).toBeLessThanOrEqual(first + 2);
  });

  it('that are wrong are told of, and not tried again for a minute', async () => {
    const { fakes, logins } = await guarded();
    const receiver = await receive(fakes, { ...password, password: 'wrong' });
    const { value, errors, logs } = await receiver.scrape();
    expect(value('cockroachdb.cluster.up{cockroachdb.cluster.name="shop"|error.type="unauthorized"}')).toBe(0);
    expect(errors.map(describeError).join()).toContain('did not match any account');
    expect(logs).not.toContain('wrong');
    const first = logins.length;
    await receiver.scrape();
    expect(logins).toHaveLength(first);
    await receiver.advance(60_000);
    await receiver.scrape();
    expect(logins.length).toBeGreaterThan(first);
  });

  it('log in to versions before 21.1 as well', async () => {
    const { fakes, logins } = await guarded({ version: 'old' });
    const receiver = await receive(fakes, password);
    expect((await receiver.scrape()).value(up)).toBe(1);
    expect(logins[0]).toBe('{"username":"monitor","password":"secret-1"}');
  });

  it('keep their session while a node that drains refuses it', async () => {
    const { fakes, logins } = await guarded();
    const receiver = await receive(fakes, password);
    await receiver.scrape();
    const first = logins.length;
    for (const path of ['/_status/nodes', '/_admin/v1/liveness', '/_admin/v1/jobs', '/_status/details/local'])
      fakes[0]!.answers.set(path, (_request, response) => text(response, 401, 'no'));
    fakes[0]!.answers.set('/api/v2/login/', (_request, response) => text(response, 500, 'An internal server error'));
    const { value } = await receiver.scrape();
    expect(value(up)).toBe(1);
    expect(logins).toHaveLength(first);
  });
});

describe('other credentials', () => {
  it('a session, as the command line prints it', async () => {
    const { fakes, good, logins } = await guarded();
    good.add('CIGA0==');
    const receiver = await receive(fakes, { session: 'session=CIGA0==; Path=/; HttpOnly; Secure' });
    expect((await receiver.scrape()).value(up)).toBe(1);
    expect(logins).toEqual([]);
  });

  it('a bearer token', async () => {
    const { fakes, good, seen } = await guarded();
    good.add('Bearer jwt-1');
    const receiver = await receive(fakes, { token: 'jwt-1' });
    expect((await receiver.scrape()).value(up)).toBe(1);
    expect(new Set(seen)).toEqual(new Set(['Bearer jwt-1']));
  });

  it('those of an extension, asked for at every request', async () => {
    const { fakes, good } = await guarded();
    good.add('Basic dTpw');
    const receiver = await receive(
      fakes,
      { auth: { authenticator: 'basic_auth' } },
      { credentials: () => ({ authorization: 'Basic dTpw' }) },
    );
    expect((await receiver.scrape()).value(up)).toBe(1);
  });

  it('none, where they are needed', async () => {
    const { fakes } = await guarded();
    const receiver = await receive(fakes, {});
    const { value } = await receiver.scrape();
    expect(value('cockroachdb.cluster.up{cockroachdb.cluster.name="shop"|error.type="unauthorized"}')).toBe(0);
  });
});
