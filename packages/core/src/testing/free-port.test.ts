import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { freePort } from './index.ts';

const file = JSON.stringify(join(import.meta.dirname, 'free-port.ts'));
const child = `
import { freePort } from ${file};
process.stdout.write(JSON.stringify(await Promise.all(Array.from({ length: 200 }, freePort))));
`;

it.runIf(process.platform === 'linux')('gives no port twice, in several processes either', async () => {
  const own = await Promise.all(Array.from({ length: 200 }, freePort));
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', child]);
  const all = [...own, ...(JSON.parse(stdout) as number[])];
  expect(new Set(all).size).toBe(400);
});
