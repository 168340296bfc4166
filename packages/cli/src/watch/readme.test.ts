import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Collector, createCollector, type Logger } from '@millrace/core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { millrace, root } from '../../../../test/e2e/program.ts';
import { ownFolder } from '../environment.ts';

const readme = readFileSync(join(ownFolder, 'README.md'), 'utf8');
const section = readme.slice(readme.indexOf('## Watching'), readme.indexOf('## Memory'));
const commands = [...section.matchAll(/^millrace (.*?)(?: *[>#].*)?$/gm)].map(([, line]) => line!);
const [, yaml] = /```yaml\n([^]*?)```/.exec(section)!;
const [heading] = /^NODE .*$/m.exec(section)!;

/** Replies of a real cluster, as the receiver's tests have them. */
const replies = join(root, 'packages/receivers/cockroachdb/testdata/v24.1');
const cockroach = createServer((request, response) => {
  const { pathname } = new URL(request.url!, 'http://node');
  const file = { '/_status/nodes': 'nodes.json', '/_admin/v1/liveness': 'liveness.json' }[pathname];
  response.setHeader('content-type', 'application/json');
  response.end(file === undefined ? '{}' : readFileSync(join(replies, file)));
});
let collector: Collector;
let endpoint = '';

beforeAll(async () => {
  cockroach.listen(0, '127.0.0.1');
  await once(cockroach, 'listening');
  const { port } = cockroach.address() as AddressInfo;
  const config = parse(
    yaml!
      .replace('localhost:4000', '127.0.0.1:0')
      .replace('10s', '200ms')
      .replace('eu-1:8080', `127.0.0.1:${port}`)
      .replace('eu-2:8080', `localhost:${port}`),
  ) as Record<string, unknown>;
  const ignore = (): void => {};
  const info = (fields: { endpoint?: string }): void => void (endpoint = fields.endpoint ?? endpoint);
  const log: Logger = { debug: ignore, info, warn: ignore, error: ignore };
  collector = await createCollector(config, { folders: [ownFolder], log });
  await collector.start();
  const hasNode = async (): Promise<void> => {
    const answer = await fetch(`http://${endpoint}/v1/reports?cluster=eu`);
    expect(await answer.text()).toContain('cockroachdb.node.up');
  };
  await vi.waitFor(hasNode, { timeout: 10_000 });
});
afterAll(async () => {
  await collector.shutdown(AbortSignal.timeout(2000));
  cockroach.closeAllConnections();
  cockroach.close();
});

describe('every command of the README, with the service itself', () => {
  it('there are some', () => expect(commands.length).toBe(9));

  it.each(commands)('millrace %s', async (command) => {
    const given = command.split(' ');
    const endless = given[0] === 'watch' && !given.includes('--once') && !given.includes('--count');
    const end = endless ? ['--count', '2'] : [];
    const program = millrace([...given, ...end, '--endpoint', `http://${endpoint}`]);
    expect({ code: await program.ended, stderr: program.stderr }).toEqual({ code: 0, stderr: '' });
    const { stdout } = program;
    if (given.includes('--json')) for (const line of stdout.trimEnd().split('\n')) JSON.parse(line);
    else if (given[0] === 'watch') {
      expect(stdout).toMatch(/^eu · reported /);
      expect(stdout).toMatch(/^nodes \d+ live.* · disk [\d.]+% of [\d.]+ [GTE]iB · ranges \d+ · /m);
      expect(stdout.replaceAll(/ +/g, ' ')).toContain(heading!.replaceAll(/ +/g, ' '));
      expect(stdout).toMatch(/^ +1 +live +yes +v24\.1\.\d+ /m);
    } else expect(stdout).toMatch(given.length === 1 ? /^cockroachdb\n {2}health +\S/ : /^cluster +(?:node|endpoint) /);
  });
});
