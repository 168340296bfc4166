import { setTimeout as sleep } from 'node:timers/promises';
import { PermanentError } from '@millrace/core';
import { batchFromRequest } from '@millrace/otlp';
import { render } from '@millrace/core/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { logs, report } from '../../testdata/batches.ts';
import type { Message } from '../../testdata/clients.ts';
import { closeClients, grpcClient } from '../../testdata/clients.ts';
import { startCache, stopAll } from '../../testdata/server.ts';

afterEach(async () => {
  closeClients();
  await stopAll();
});

const reportsIn = (reply: Message): readonly Message[] => reply['reports'] as Message[];
const cursors = (reply: Message): readonly unknown[] => reportsIn(reply).map(({ cursor }) => cursor);
const textOf = ({ signal, otlp }: Message): string =>
  render(batchFromRequest(signal as 'metrics', otlp as Uint8Array)).trim();

describe('Latest', () => {
  test('is the newest of each cluster and signal', async () => {
    const { port, report: take } = await startCache();
    await take(report(['a', 'b'], 1));
    await take(report('a', 2));
    await take(logs('a', 'a node has gone'));
    const client = grpcClient(port);
    const latest = await client.call('Latest');
    expect(reportsIn(latest).map(({ cluster, cursor, signal }) => [cluster, cursor, signal])).toEqual([
      ['b', '2', 'metrics'],
      ['a', '3', 'metrics'],
      ['a', '4', 'logs'],
    ]);
    expect(reportsIn(latest).map(textOf)).toEqual([
      'test.value{cockroachdb.cluster.name="b"|} 1 1',
      'test.value{cockroachdb.cluster.name="a"|} 2 1',
      '- "a node has gone" {cockroachdb.cluster.name="a"|}',
    ]);
    const age = BigInt(Date.now()) * 1_000_000n - BigInt(reportsIn(latest)[0]!['timeUnixNano'] as string);
    expect(age >= 0n && age < 10_000_000_000n).toBe(true);
    expect(cursors(await client.call('Latest', { clusters: ['b', 'no such'] }))).toEqual(['2']);
  });

  test('of more clusters than anybody has is refused', async () => {
    const { port } = await startCache();
    const clusters = Array.from({ length: 400_000 }, () => '');
    await expect(grpcClient(port).call('Latest', { clusters })).rejects.toMatchObject({ code: 3 });
  });

  test('is empty before anything has come', async () => {
    const { port } = await startCache();
    expect(await grpcClient(port).call('Latest')).toEqual({ reports: [] });
  });
});

describe('Range', () => {
  test('goes on from a cursor, and says what has gone', async () => {
    const { port, report: take } = await startCache({ reports: 3 });
    for (let value = 1; value <= 5; value++) await take(report('a', value));
    const client = grpcClient(port);
    const range = (request: object) => client.call('Range', { cluster: 'a', ...request });
    const all = await range({});
    expect([cursors(all), all['next'], all['missed']]).toEqual([['3', '4', '5'], '5', '2']);
    expect(reportsIn(all).map(textOf)[0]).toBe('test.value{cockroachdb.cluster.name="a"|} 3 1');
    const some = await range({ after: 1, limit: 2 });
    expect([cursors(some), some['next'], some['missed']]).toEqual([['3', '4'], '4', '1']);
    const none = await range({ after: 5 });
    expect([cursors(none), none['next'], none['missed']]).toEqual([[], '5', undefined]);
  });

  test('begins anew with a cursor that is from before', async () => {
    const { port, report: take } = await startCache();
    await take(report('a'));
    const client = grpcClient(port);
    for (const after of [7, '18446744073709551615'])
      expect(cursors(await client.call('Range', { cluster: 'a', after }))).toEqual(['1']);
  });

  test('of an unknown cluster names those there are', async () => {
    const { port, report: take } = await startCache();
    const client = grpcClient(port);
    await expect(client.call('Range', { cluster: 'x' })).rejects.toMatchObject({
      code: 5,
      details: 'There is no cluster "x": nothing has come yet.',
    });
    await take(report(['a', 'b']));
    await expect(client.call('Range', { cluster: 'x' })).rejects.toMatchObject({
      details: 'There is no cluster "x": there is "a", "b".',
    });
  });
});

describe('Subscribe', () => {
  const got = (events: readonly Message[]): unknown[] =>
    events.map(({ report: one, missed }) =>
      one ? (one as Message)['cursor'] : `missed ${(missed as Message)['count']}`,
    );

  test('brings what comes, of the clusters that are wanted', async () => {
    const running = await startCache();
    const client = grpcClient(running.port);
    await running.report(report('a', 1));
    const all = client.subscribe();
    const only = client.subscribe({ clusters: ['b'] });
    await Promise.all([all.begun, only.begun]);
    await running.report(report(['a', 'b'], 2));
    await running.report(report('b', 3));
    expect(got(await all.until(3))).toEqual(['2', '3', '4']);
    expect(got(await only.until(2))).toEqual(['3', '4']);
    expect(textOf(only.events[1]!['report'] as Message)).toBe('test.value{cockroachdb.cluster.name="b"|} 3 1');
  });

  test('brings what is kept first where it is asked to', async () => {
    const running = await startCache({ reports: 2 });
    for (let value = 1; value <= 4; value++) await running.report(report('a', value));
    const client = grpcClient(running.port);
    expect(got(await client.subscribe({ after: 0 }).until(3))).toEqual(['missed 2', '3', '4']);
    const later = client.subscribe({ after: 3 });
    await later.until(1);
    await running.report(report('a', 5));
    expect(got(await later.until(2))).toEqual(['4', '5']);
  });

  test('ends with the server, which says so', async () => {
    const running = await startCache();
    const subscription = grpcClient(running.port).subscribe({ after: 0 });
    await running.report(report('a'));
    await subscription.until(1);
    const began = Date.now();
    await running.stop(AbortSignal.timeout(5000));
    expect(Date.now() - began).toBeLessThan(2000);
    expect(await subscription.ended).toMatchObject({ code: 14 });
  });

  test('ends when the client has had enough, and leaves nothing', async () => {
    const running = await startCache({ max_subscribers: 1 });
    const client = grpcClient(running.port);
    const first = client.subscribe({ after: 0 });
    await running.report(report('a'));
    await first.until(1);
    expect(await client.subscribe().ended).toMatchObject({
      code: 8,
      details: 'There are 1 subscribers, as many as max_subscribers allows.',
    });
    first.stream.cancel();
    expect(await first.ended).toMatchObject({ code: 1 });
    let next = client.subscribe({ after: 0 }, { deadlineMs: 300 });
    for (; (await next.until(1)).length === 0; await sleep(2))
      next = client.subscribe({ after: 0 }, { deadlineMs: 300 });
    expect(await next.ended).toMatchObject({ code: 4 });
  });
});

describe('commands', () => {
  const offered = [
    { receiver: 'cockroachdb/eu', name: 'health', description: 'Looks.' },
    {
      receiver: 'cockroachdb/eu',
      name: 'drain',
      description: 'Drains a node.',
      changes: true,
      arguments: { properties: { node: { type: 'integer', description: 'Which.' } }, required: ['node'] },
    },
  ] as const;
  const calls: unknown[] = [];
  const commands = {
    list: () => offered,
    async call({ signal, ...call }: { signal: AbortSignal; command: string }): Promise<unknown> {
      calls.push(call);
      if (call.command === 'slow') return new Promise((_resolve, reject) => signal.addEventListener('abort', reject));
      if (call.command === 'broken') throw new Error('the cluster cannot be reached');
      if (!offered.some(({ name }) => name === call.command)) throw new PermanentError('"x" is no command of a.');
      return { nodes: 3n, bytes: 2n ** 60n };
    },
  };
  const start = (config = {}) => startCache(config, { commands });
  afterEach(() => void (calls.length = 0));

  test('are told', async () => {
    const { port } = await start();
    expect(await grpcClient(port).call('Commands')).toEqual({
      commands: [
        { receiver: 'cockroachdb/eu', command: 'health', description: 'Looks.' },
        {
          receiver: 'cockroachdb/eu',
          command: 'drain',
          description: 'Drains a node.',
          changes: true,
          argumentsSchemaJson:
            '{"type":"object","properties":{"node":{"type":"integer","description":"Which."}},"required":["node"],"additionalProperties":false}',
        },
      ],
    });
  });

  test('are answered', async () => {
    const { port } = await start();
    const request = { receiver: 'cockroachdb/eu', command: 'health', argumentsJson: '{"deep":true}' };
    expect(await grpcClient(port).call('Command', request)).toEqual({
      resultJson: '{"nodes":"3","bytes":"1152921504606846976"}',
    });
    expect(calls).toEqual([{ receiver: 'cockroachdb/eu', command: 'health', arguments: { deep: true } }]);
  });

  test.each([
    [{ command: 'drain' }, 7, /allow_changes is false/],
    [{ command: 'x' }, 5, /"x" is no command/],
    [{ command: 'broken' }, 14, /cannot be reached/],
    [{ command: 'health', argumentsJson: '{' }, 3, /not JSON/],
    [{ command: 'health', argumentsJson: '[]' }, 3, /must be an object/],
    [{ command: 'slow' }, 4, /has not answered in time/],
  ])('%j', async (request, code, details) => {
    const { port } = await start({ command_timeout: '100ms' });
    await expect(grpcClient(port).call('Command', { receiver: 'cockroachdb/eu', ...request })).rejects.toMatchObject({
      code,
      details: expect.stringMatching(details) as string,
    });
  });

  test('that change something are called where that is allowed', async () => {
    const { port } = await start({ allow_changes: true });
    await grpcClient(port).call('Command', { receiver: 'cockroachdb/eu', command: 'drain' });
    expect(calls).toHaveLength(1);
  });
});
