// A simulated ResilientDB, pipelines/reslens.yaml that watches it, and the API on top.
// `npm run demo:reslens`; with `-- --once` it asks each route once, and ends.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createCollector, createLogger } from '@millrace/core';
import { serveApi } from './api.ts';
import { startSimulator } from './simulator.ts';

const root = join(import.meta.dirname, '../..');
const isOnce = process.argv.includes('--once');
const simulator = await startSimulator();
const state = mkdtempSync(join(tmpdir(), 'millrace-reslens-'));
const servers = [{ endpoint: simulator.url, queries: [{ query: 'cpp_client_1.cpu' }], window: '10s', delay: '1s' }];

let page = '';
const collector = await createCollector(join(root, 'pipelines/reslens.yaml'), {
  folders: [join(root, 'packages/cli')],
  env: {
    PYROSCOPE_SERVER_ADDRESS: simulator.url,
    LOG_BASE_PATH: simulator.logs,
    RESLENS_PROCESSES: simulator.processes,
    CPP_STATS_API_BASE_URL: simulator.url,
    CPP_TRANSACTIONS_API_BASE_URL: `${simulator.url}/v1/transactions`,
    MILLRACE_STATE: state,
  },
  set: [
    `receivers.pyroscope.servers=${JSON.stringify(servers)}`,
    'receivers.procfs.collection_interval=1s',
    'receivers.http_check.collection_interval=2s',
    'receivers.http_check.initial_delay=100ms',
    'exporters.prometheus.endpoint=localhost:0',
    'exporters.debug.verbosity=normal', // there is no Loki here
    'service.pipelines.logs.exporters=[debug]',
  ],
  log: createLogger({
    level: 'info',
    encoding: 'console',
    write(line) {
      console.log(line);
      page ||= /url=(\S+)/.exec(line)?.[1] ?? '';
    },
  }),
});
await collector.start();
const api = await serveApi(collector, 0);
const hint = `
Its metrics: ${page}
The API:     curl ${api.url}/healthcheck
             curl -d '{"query":"cpp_client_1","from":"now-5m"}' ${api.url}/pyroscope/explainFlamegraph
             also …/pyroscope/profileSummary and …/pyroscope/getProfile
`;
console.log(hint);
// The logs have pushed it off the screen by then.
const repeating = setInterval(() => console.log(hint), 15_000);

const stopped = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stopped.abort());
await sleep(isOnce ? 4000 : 2 ** 31 - 1, undefined, { signal: stopped.signal }).catch(() => {});

if (isOnce) {
  const body = JSON.stringify({ query: 'cpp_client_1', from: 'now-5m' });
  for (const route of ['profileSummary', 'explainFlamegraph', 'getProfile']) {
    const response = await fetch(`${api.url}/pyroscope/${route}`, { method: 'POST', body });
    console.log(`${route}: ${response.status}\n${await response.text()}\n`);
  }
  console.log(await (await fetch(`${api.url}/healthcheck`)).text());
  const lines = (await (await fetch(page)).text()).split('\n');
  console.log(lines.filter((line) => !line.startsWith('#')).join('\n'));
}
clearInterval(repeating);
await api.close();
await collector.shutdown();
await simulator.close();
rmSync(state, { recursive: true });
