import type { Ask } from '@millrace/http-client';
import { encode, fromStacks } from '@millrace/pprof';
import { expect, it } from 'vitest';
import { legacySource } from './legacy.ts';
import { parseQuery } from './query.ts';
import { serverUrl } from './url.ts';

const stacks = [{ frames: ['main'], values: [1] }];
const profile = encode(fromStacks(stacks, { sampleTypes: [{ type: '', unit: 'samples' }] }), { compression: 'none' });

it('the rate of a query is asked for once, and a thousand are remembered', async () => {
  let rates = 0;
  const ask: Ask = async ({ url }) => {
    const isRate = url.searchParams.get('format') === 'json';
    if (isRate) rates++;
    const body = isRate ? Buffer.from('{"metadata":{"sampleRate":100}}') : Buffer.from(profile);
    return { body, dateMs: undefined };
  };
  const source = legacySource({ ask, url: serverUrl('http://localhost'), maxBytes: 1 << 20 });
  const { signal } = new AbortController();
  const pull = (region: number): Promise<unknown> =>
    source.pull(parseQuery(`shop.cpu{region="${region}"}`), { startMs: 0, endMs: 10_000 }, signal);
  for (let region = 0; region < 1_000; region++) await pull(region);
  await pull(0);
  expect(rates).toBe(1_000);
  await pull(1_000);
  await pull(0);
  expect(rates).toBe(1_002);
});
