import { expect, it } from 'vitest';
import { conserve } from './conserve.ts';

it('what was acknowledged arrives, whatever happens', { timeout: 120_000 }, async () => {
  const report = await conserve({ seconds: 30, seed: Date.now() % 1_000_000, say: console.warn });
  console.log(JSON.stringify({ ...report, missing: report.missing.length }));
  expect(report.missing.slice(0, 20)).toEqual([]);
  expect(report.acknowledged).toBeGreaterThan(1_000);
  expect(report.done.kills).toBeGreaterThan(0);
});
