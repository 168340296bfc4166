// A simulated CockroachDB of three nodes, what happens to it within a minute, and pipelines/cockroachdb.yaml that watches it.
// `npm run demo:cockroachdb`; it goes on, from the beginning, until Ctrl-C. With `-- --once` it does all of it once, faster.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createCollector, createLogger } from '@millrace/core';
import { freePort } from '@millrace/core/testing';
import { startSimulator } from './simulator.ts';

const root = join(import.meta.dirname, '../..');
const isOnce = process.argv.includes('--once');
/** Of what the script says. The simulator says after two seconds that a node is unavailable, and after six that it is dead. */
const second = isOnce ? 500 : 1000;

const simulator = await startSimulator();
const [page, reports] = [await freePort(), await freePort()];
const [url1 = '', url2 = '', url3 = ''] = simulator.urls;
const collector = await createCollector(join(root, 'pipelines/cockroachdb.yaml'), {
  folders: [join(root, 'packages/cli')],
  env: {
    COCKROACH_URL_1: url1,
    COCKROACH_URL_2: url2,
    COCKROACH_URL_3: url3,
    COCKROACH_USER: simulator.username,
    COCKROACH_PASSWORD: simulator.password,
    MILLRACE_REPORTS: `localhost:${reports}`,
  },
  set: [
    `exporters.prometheus.endpoint=localhost:${page}`,
    `receivers.cockroachdb.collection_interval=${second}ms`,
    'receivers.cockroachdb.request_timeout=300ms',
  ],
  log: createLogger({ level: 'info', encoding: 'console', write: (line) => console.log(line) }),
});
await collector.start();
console.log(`
Its metrics:     http://localhost:${page}/metrics
In another one:  millrace watch --endpoint http://localhost:${reports}      millrace ask --endpoint http://localhost:${reports} cockroachdb nodes
`);

const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
const wait = (seconds: number): Promise<void> =>
  sleep(seconds * second, undefined, { signal: stop.signal }).catch(() => {});

interface Step {
  readonly says: string;
  readonly seconds: number;
  does(): unknown;
}

const script: readonly Step[] = [
  { says: 'Three nodes, all is well.', does: () => {}, seconds: 5 },
  {
    says: 'Node 3 drains: it takes no clients, its leases go to the others.',
    does: () => simulator.drain(3),
    seconds: 5,
  },
  {
    says: 'Node 3 is killed: unavailable at first, then dead.',
    does: () => simulator.kill(3),
    seconds: isOnce ? 16 : 10,
  },
  {
    says: 'Node 4 joins: it has no endpoint in the config, and is told of all the same.',
    does: () => simulator.join(),
    seconds: 5,
  },
  { says: 'All sessions end: the receiver logs in again.', does: () => simulator.endSessions(), seconds: 4 },
  {
    says: 'Nodes 1 and 2 are killed: there is no quorum any more.',
    does: () => Promise.all([simulator.kill(1), simulator.kill(2)]),
    seconds: 8,
  },
  {
    says: 'All of them are started again.',
    does: () => Promise.all([1, 2, 3].map((id) => simulator.restart(id))),
    seconds: 6,
  },
];

/** What `curl` would show of the cluster as a whole, without comments. */
async function summary(): Promise<string> {
  const lines = (await (await fetch(`http://localhost:${page}/metrics`)).text()).split('\n');
  return lines
    .filter(
      (line) => /^cockroachdb_(cluster_(up|nodes|capacity|ranges|qps)|node_up\{)/.test(line) && !line.endsWith(' 0'),
    )
    .join('\n');
}

do {
  for (const { says, does, seconds } of script) {
    if (stop.signal.aborted) break;
    console.log(`\n── ${says}`);
    await does();
    await wait(seconds);
  }
  console.log(`\n${await summary()}`);
} while (!isOnce && !stop.signal.aborted);

await collector.shutdown();
await simulator.close();
