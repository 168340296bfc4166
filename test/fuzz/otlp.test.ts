import { expect, test } from 'vitest';
import { fuzz } from './otlp/run.ts';

// More with `FUZZ_REQUESTS=1000000`, or with test/fuzz/otlp.ts.
const requests = Number(process.env['FUZZ_REQUESTS'] ?? 20_000);

test(`${requests} good, damaged and malicious requests are answered as they should be`, {
  timeout: 3_600_000,
}, async () => {
  const { counts, failures, rssMib } = await fuzz({ requests, seed: Number(process.env['FUZZ_SEED'] ?? 1) });
  expect(failures).toEqual([]);
  for (const kind of ['grpc judged: 0', 'grpc invalid: 3', 'grpc large: 8', 'grpc malformed: 13', 'grpc garbled: 13'])
    expect([...counts.keys()]).toContain(kind);
  for (const kind of [
    'http taken: 200',
    'http judged: 200',
    'http invalid: 400',
    'http large: 413',
    'http garbled: 400',
  ])
    expect([...counts.keys()]).toContain(kind);
  expect(rssMib.late).toBeLessThan(rssMib.early + 150);
});
