// What there is around ResLens where ResilientDB runs: four replicas and a client as processes, their glog files, a Pyroscope of the
// first generation with a CPU profile of the client, and the key-value service's HTTP API. For demo.ts.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { encode, fromStacks } from '@millrace/pprof';

export interface Simulator {
  readonly url: string;
  /** Where server0.log to server3.log and client.log grow. */
  readonly logs: string;
  /** What the command lines of its replicas have, and of no others. */
  readonly processes: string;
  startReplica(replica: number): void;
  killReplica(replica: number): Promise<void>;
  close(): Promise<void>;
}

/** Samples of ten seconds, at 100 a second. */
const stacks = [
  {
    frames: ['clone', 'std::thread::_Invoker', 'resdb::ConsensusManager::Process', 'resdb::Commitment::PostProcess'],
    values: [212],
  },
  {
    frames: [
      'clone',
      'std::thread::_Invoker',
      'resdb::ConsensusManager::Process',
      'resdb::SignatureVerifier::Verify',
      'CryptoPP::ed25519',
    ],
    values: [388],
  },
  {
    frames: [
      'clone',
      'std::thread::_Invoker',
      'resdb::TransactionManager::Execute',
      'resdb::ResLevelDB::SetValue',
      'leveldb::DBImpl::Write',
    ],
    values: [154],
  },
  {
    frames: [
      'clone',
      'std::thread::_Invoker',
      'resdb::TransactionManager::Execute',
      'resdb::ResLevelDB::GetValue',
      'leveldb::DBImpl::Get',
    ],
    values: [61],
  },
  { frames: ['clone', 'epoll_wait'], values: [9] },
] as const;

const statistics = {
  ext_cache_hit_ratio: 0.87,
  level_db_approx_mem_size: 4_398_211,
  max_resident_set_size: 70_124,
  resident_set_size: 68_460,
  level_db_stats: [
    '                               Compactions',
    'Level  Files Size(MB) Time(sec) Read(MB) Write(MB)',
    '--------------------------------------------------',
    '  0        2        7         1        0        12',
    '  1        4        9         6      216       198',
    '  2       31       58        21      804       790',
    '',
  ].join('\n'),
};

function reply(url: URL): { readonly type: string; readonly body: string | Uint8Array } | undefined {
  const json = (value: unknown) => ({ type: 'application/json', body: JSON.stringify(value) });
  switch (url.pathname) {
    case '/label-values':
      return json(['cpp_client_1.cpu']);
    case '/render': {
      if (url.searchParams.get('format') === 'json') return json({ metadata: { sampleRate: 100, units: 'samples' } });
      const isOurs = url.searchParams.get('query')?.startsWith('cpp_client_1.cpu') ?? false;
      const seconds = Number(url.searchParams.get('until')) - Number(url.searchParams.get('from'));
      const values = (of: readonly number[]): number[] => of.map((value) => Math.round((value * seconds) / 10));
      const samples = isOurs ? stacks.map((one) => ({ ...one, values: values(one.values) })) : [];
      const profile = fromStacks(samples, { sampleTypes: [{ type: '', unit: 'samples' }] });
      return { type: 'application/octet-stream', body: encode(profile, { compression: 'none' }) };
    }
    case '/transaction_data':
      return json(statistics);
    case '/v1/transactions/millrace-probe':
      return json({ id: 'millrace-probe', value: '1' });
    default:
      return undefined;
  }
}

/** A line as glog writes it, of now. */
function glogLine(level: 'I' | 'W' | 'E', thread: number, message: string): string {
  const [date = '', time = ''] = new Date().toISOString().replaceAll('-', '').split('T');
  return `${level}${date} ${time.slice(0, -1)}000 ${thread} consensus_manager.cpp:${200 + thread}] ${message}\n`;
}

export async function startSimulator(): Promise<Simulator> {
  const server = createServer((request, response) => {
    const url = URL.parse(request.url!, 'http://localhost');
    const found = url && reply(url);
    if (found) response.writeHead(200, { 'content-type': found.type }).end(found.body);
    else response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const logs = mkdtempSync(join(tmpdir(), 'millrace-reslens-'));
  let block = 0;
  const write = (): void => {
    block++;
    for (let replica = 0; replica < 4; replica++)
      appendFileSync(join(logs, `server${replica}.log`), glogLine('I', replica, `execute block ${block}`));
    if (block % 5 === 0) appendFileSync(join(logs, 'server2.log'), glogLine('W', 2, 'view change timer is running'));
    appendFileSync(join(logs, 'client.log'), glogLine('I', 7, `committed transaction ${block}`));
  };
  write();
  const writing = setInterval(write, 1000);

  const replicas = new Map<number, ChildProcess>();
  const startReplica = (replica: number): void =>
    void replicas.set(replica, spawn('sleep', ['3600'], { argv0: `kv_service ${logs} ${replica}`, stdio: 'ignore' }));
  const killReplica = async (replica: number): Promise<void> => {
    const child = replicas.get(replica)!;
    replicas.delete(replica);
    child.kill();
    // A terminal's Ctrl-C ends replicas too, before this.
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  };
  for (let replica = 0; replica < 4; replica++) startReplica(replica);

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    logs,
    processes: `kv_service ${logs}`,
    startReplica,
    killReplica,
    async close() {
      clearInterval(writing);
      await Promise.all([...replicas.keys()].map(killReplica));
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      rmSync(logs, { recursive: true });
    },
  };
}

if (import.meta.main) {
  const simulator = await startSimulator();
  console.log(`PYROSCOPE_SERVER_ADDRESS=${simulator.url} LOG_BASE_PATH=${simulator.logs}`);
  const stopped = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stopped.abort());
  if (!process.argv.includes('--once')) await sleep(2 ** 31 - 1, undefined, { signal: stopped.signal }).catch(() => {});
  await simulator.close();
}
