import { describe, expect, it, onTestFinished } from 'vitest';
import { createConnection } from './connection.ts';
import { follow, type Happening } from './follow.ts';
import { startService } from './testdata/service.ts';

async function setUp(options: Parameters<typeof startService>[0] = {}) {
  const service = await startService(options);
  const end = new AbortController();
  onTestFinished(async () => {
    end.abort();
    await service.close();
  });
  const subscribe = (after?: string, clusters: readonly string[] = []) =>
    follow(createConnection({ endpoint: service.endpoint }), { clusters, after, signal: end.signal });
  return { service, end, subscribe };
}

async function next(happenings: AsyncGenerator<Happening>): Promise<Happening> {
  const { value, done } = await happenings.next();
  if (done) throw new Error('It has ended.');
  return value;
}
const clusterOf = (happening: Happening): unknown =>
  happening.type === 'report'
    ? `${happening.cursor} ${(JSON.parse(happening.json) as { cluster: string }).cluster}`
    : happening;

describe('follow', () => {
  it('goes on after the last report where the connection is lost', async () => {
    const { service, subscribe } = await setUp();
    const happenings = subscribe('0');
    service.report('a', {});
    expect(await next(happenings)).toEqual({ type: 'connected', clockAheadMs: 0 });
    expect(clusterOf(await next(happenings))).toBe('1 a');
    service.cut();
    const lost = await next(happenings);
    expect(lost).toMatchObject({
      type: 'lost',
      error: { message: expect.stringMatching(/^The connection was lost: /) as string },
    });
    service.report('b', {});
    service.report('c', {});
    expect((await next(happenings)).type).toBe('connected');
    expect(clusterOf(await next(happenings))).toBe('2 b');
    expect(clusterOf(await next(happenings))).toBe('3 c');
    const [first, second] = service.requests;
    expect([first!.url, first!.headers['last-event-id']]).toEqual(['/v1/subscribe?after=0', undefined]);
    expect([second!.url, second!.headers['last-event-id']]).toEqual(['/v1/subscribe?after=1', '1']);
  });

  it('waits longer each time, up to half a minute, and begins anew once reports come', async () => {
    const { service, subscribe } = await setUp();
    const happenings = subscribe();
    await next(happenings);
    service.write('retry: 1\n\nevent: report\nid: 1\ndata: {}\n\n');
    expect((await next(happenings)).type).toBe('report');
    const waits: number[] = [];
    for (let round = 0; round < 4; round++) {
      service.cut();
      const lost = await next(happenings);
      if (lost.type === 'lost') waits.push(lost.retryInMs);
      expect((await next(happenings)).type).toBe('connected');
    }
    for (const [round, ms] of waits.entries()) {
      expect(ms).toBeGreaterThanOrEqual(2 ** round / 2);
      expect(ms).toBeLessThanOrEqual(2 ** round);
    }
    expect(waits.length).toBe(4);
  });

  it('takes a service that is silent to be gone', async () => {
    const { service, end } = await setUp();
    const connection = createConnection({ endpoint: service.endpoint });
    const silent = { clusters: [], after: undefined, signal: end.signal, silenceMs: 100 };
    const happenings = follow(connection, silent);
    await next(happenings);
    const lost = await next(happenings);
    expect(lost).toMatchObject({
      type: 'lost',
      error: { message: 'The connection was lost: nothing came for 0.1 s.' },
    });
    expect((await next(happenings)).type).toBe('connected');
  });

  it('says what was missed', async () => {
    const { service, subscribe } = await setUp({ keep: 2 });
    for (const name of ['a', 'b', 'c', 'd']) service.report(name, {});
    const happenings = subscribe('0');
    await next(happenings);
    expect(await next(happenings)).toEqual({ type: 'missed', count: '2' });
    expect(clusterOf(await next(happenings))).toBe('3 c');
  });

  it('asks for the clusters, and passes over events that it does not know', async () => {
    const { service, subscribe } = await setUp();
    const happenings = subscribe(undefined, ['a/b', 'ü']);
    await next(happenings);
    service.write('event: weather\ndata: sunny\n\n: comment\n\n');
    service.report('x', {});
    service.report('ü', {});
    expect(clusterOf(await next(happenings))).toBe('2 ü');
    expect(service.requests[0]!.url).toBe('/v1/subscribe?cluster=a%2Fb&cluster=%C3%BC');
  });

  it('throws where it cannot connect the first time', async () => {
    const { service, subscribe } = await setUp();
    await service.close();
    await expect(next(subscribe())).rejects.toThrow(/^Nothing listens at/);
  });

  it('throws where it will never connect again', async () => {
    const { service, subscribe } = await setUp();
    const happenings = subscribe();
    await next(happenings);
    await service.close();
    const { port } = service;
    const other = await startService({ port, token: 'wanted' });
    onTestFinished(() => other.close());
    expect((await next(happenings)).type).toBe('lost');
    await expect(next(happenings)).rejects.toThrow(/wants a token \(401\)/);
  });

  it('ends when aborted, also while it waits', async () => {
    const { service, end, subscribe } = await setUp();
    const happenings = subscribe();
    await next(happenings);
    service.cut();
    await next(happenings);
    const last = happenings.next();
    end.abort();
    expect(await last).toEqual({ value: undefined, done: true });
  });
});
