import type { CollectorStatus, InputOf } from '@millrace/core';
import { RefusedError, resolveConfig } from '@millrace/core';
import { checkDefinition, testContext } from '@millrace/core/testing';
import { describe, expect, it } from 'vitest';
import limiter from './index.ts';

type Input = InputOf<typeof limiter.config>;

describe('the contract', () => {
  for (const { name, run } of checkDefinition(limiter, { config: { limit_mib: 100_000 } })) it(name, run);
});

const status = (): CollectorStatus => ({ ready: true, starting: new Map(), exporters: new Map() });
const extension = (input: Input) => limiter.create(resolveConfig(limiter.config, input), { ...testContext(), status });

it('admits what fits, and refuses what does not, for now', async () => {
  const one = extension({ limit_mib: 100_000 });
  await one.start!();
  one.admit!(70_000 * 1024 ** 2);
  expect(() => one.admit!(70_000 * 1024 ** 2)).toThrow(RefusedError);
  await one.shutdown!(AbortSignal.timeout(100));
});

it('refuses everything where the process has more than the limit', async () => {
  const one = extension({ limit_mib: 10 });
  await one.start!();
  expect(() => one.admit!(0)).toThrow(/^memory is short: \d+(\.\d)? MiB are used, and from 8 MiB on nothing is taken$/);
  await one.shutdown!(AbortSignal.timeout(100));
});

it.each<[Input, string]>([
  [{ limit_mib: 10 }, 'ok'],
  [{ limit_percentage: 80 }, 'ok'],
  [{ limit_mib: 100_000_000 }, 'warning'],
])('finds of %j: %s', async (input, level) => {
  expect(await limiter.diagnose!(resolveConfig(limiter.config, input))).toMatchObject([{ level }]);
});
