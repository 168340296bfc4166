import { manualClock } from '@millrace/core/testing';
import { expect, test } from 'vitest';
import { fakeTarget } from '../../testdata/targets.ts';
import { resolvedGroup } from './resolve.ts';
import { joinedGroup } from './target.ts';

function resolved(addresses: string[]) {
  const clock = manualClock();
  const asked: string[] = [];
  const closed: string[] = [];
  const answer = { addresses, error: undefined as Error | undefined };
  const group = resolvedGroup(
    { host: 'gateway.example', port: 4317 },
    {
      open: ({ host, port }) => ({
        ...fakeTarget(`${host}:${port}`),
        close: async () => void closed.push(`${host}:${port}`),
      }),
      clock,
      lookup: async (host) => {
        asked.push(host);
        if (answer.error) throw answer.error;
        return answer.addresses.map((address) => ({ address }));
      },
    },
  );
  const names = async (): Promise<string[]> => (await group.targets()).map(({ name }) => name);
  return { clock, asked, closed, answer, group, names };
}

test('every address is a target, looked up again after 30 s; who stays is the same target', async () => {
  const { group, names, asked, answer, clock, closed } = resolved(['10.0.0.1', '10.0.0.2', '10.0.0.1']);
  expect(await Promise.all([names(), names()])).toEqual(
    Array.from({ length: 2 }, () => ['10.0.0.1:4317', '10.0.0.2:4317']),
  );
  expect(asked).toEqual(['gateway.example']);
  const [, stays] = await group.targets();
  answer.addresses = ['10.0.0.2', 'fd00::3'];
  await clock.advance(29_999);
  await names();
  expect(asked).toHaveLength(1);
  await clock.advance(1);
  await names();
  await clock.advance(0);
  expect(asked).toHaveLength(2);
  expect(await names()).toEqual(['10.0.0.2:4317', 'fd00::3:4317']);
  expect((await group.targets())[0]).toBe(stays);
  expect(closed).toEqual(['10.0.0.1:4317']);
  await group.close(AbortSignal.timeout(100));
  expect(closed).toEqual(['10.0.0.1:4317', '10.0.0.2:4317', 'fd00::3:4317']);
});

test('when one fails, the name is looked up again, but not all the time', async () => {
  const { group, names, asked, clock } = resolved(['10.0.0.1']);
  await names();
  group.renew();
  expect(asked).toHaveLength(1);
  await clock.advance(1000);
  group.renew();
  group.renew();
  expect(asked).toHaveLength(2);
});

test('a name that cannot be looked up any more keeps its addresses; one that never could is an error', async () => {
  const { names, answer, clock, asked } = resolved(['10.0.0.1']);
  answer.error = new Error('getaddrinfo EAI_AGAIN gateway.example');
  await expect(names()).rejects.toMatchObject({
    name: 'NoAnswer',
    sent: false,
    message: 'gateway.example cannot be looked up: getaddrinfo EAI_AGAIN gateway.example',
  });
  answer.error = undefined;
  const { addresses } = answer;
  answer.addresses = [];
  await expect(names()).rejects.toThrow('gateway.example cannot be looked up: it has no address');
  answer.addresses = addresses;
  expect(await names()).toEqual(['10.0.0.1:4317']);
  answer.error = new Error('getaddrinfo EAI_AGAIN gateway.example');
  await clock.advance(30_000);
  await names();
  await clock.advance(0);
  expect(asked).toHaveLength(4);
  expect(await names()).toEqual(['10.0.0.1:4317']);
});

test('several names: one without addresses leaves the others', async () => {
  const [good, bad] = [resolved(['10.0.0.1']), resolved([])];
  bad.answer.error = new Error('ENOTFOUND');
  const joined = joinedGroup([good.group, bad.group]);
  expect((await joined.targets()).map(({ name }) => name)).toEqual(['10.0.0.1:4317']);
  await expect(joinedGroup([bad.group]).targets()).rejects.toThrow('ENOTFOUND');
});
