// An agent and a gateway on one machine, with certificates on both sides: data arrives, also what was sent while the gateway
// was dead. `node examples/two-tier/main.ts`
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '@millrace/core/testing';

const root = join(import.meta.dirname, '../..');
const place = mkdtempSync(join(tmpdir(), 'millrace-two-tier-'));
const certs = join(place, 'certs');
const millrace = join(root, 'packages/cli/bin/millrace.js');
const state = { MILLRACE_CERTS: certs, MILLRACE_STATE: join(place, 'state') };

/** Runs configs in a process of its own, and prints what it says with its name before it. */
function start(
  name: string,
  configs: readonly string[],
  env: NodeJS.ProcessEnv,
): { child: ChildProcess; saw(text: RegExp): Promise<void> } {
  const child = spawn(process.execPath, [millrace, 'run', ...configs], {
    env: { ...process.env, ...state, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const waiting: { text: RegExp; resolve(): void }[] = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface(stream).on('line', (line) => {
      console.log(`${name.padEnd(7)} | ${line}`);
      for (const one of waiting) if (one.text.test(line)) one.resolve();
    });
  const ended = once(child, 'exit').then(() => {
    throw new Error(`The ${name} has ended.`);
  });
  ended.catch(() => {});
  return {
    child,
    saw: (text) => Promise.race([new Promise<void>((resolve) => waiting.push({ text, resolve })), ended]),
  };
}

async function stop({ child }: { child: ChildProcess }, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, 'exit');
}

const ports = {
  grpc: await freePort(),
  http: await freePort(),
  health: await freePort(),
  agentGrpc: await freePort(),
  agentHttp: await freePort(),
};
const startGateway = () =>
  start('gateway', [join(root, 'pipelines/gateway.yaml'), join(import.meta.dirname, 'show.yaml')], {
    MILLRACE_GRPC: `localhost:${ports.grpc}`,
    MILLRACE_HTTP: `localhost:${ports.http}`,
    MILLRACE_HEALTH: `localhost:${ports.health}`,
  });
const startAgent = () =>
  start(
    'agent',
    [
      join(root, 'pipelines/agent.yaml'),
      '--set',
      'receivers.procfs.collection_interval=2s',
      '--set',
      'service.telemetry.metrics.level=none',
    ],
    {
      MILLRACE_GATEWAY: `localhost:${ports.grpc}`,
      MILLRACE_GRPC: `localhost:${ports.agentGrpc}`,
      MILLRACE_HTTP: `localhost:${ports.agentHttp}`,
    },
  );
/** A log record for the agent, as an application on its host would send it. */
const log = (text: string): Promise<Response> =>
  fetch(`http://localhost:${ports.agentHttp}/v1/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: text } }] }] }] }),
  });

console.log('Making certificates.');
execFileSync('sh', [join(import.meta.dirname, 'certificates.sh'), certs]);
let gateway = startGateway();
await gateway.saw(/Everything has started/);
const agent = startAgent();
try {
  await gateway.saw(/Metrics\b.*data points/);

  console.log('\nThe gateway is killed. What the agent takes in the meantime waits on its disk.\n');
  await stop(gateway, 'SIGKILL');
  const { status } = await log('sent while the gateway was dead');
  console.log(`agent answered ${status}: it has the record`);
  await sleep(1_000);
  execFileSync(process.execPath, [millrace, 'queue', 'inspect', join(state.MILLRACE_STATE, 'agent')], {
    stdio: 'inherit',
  });

  console.log('\nThe gateway comes back.\n');
  gateway = startGateway();
  await gateway.saw(/Logs\b.*log records/);
  console.log('\nIt arrived.');
} finally {
  await stop(agent, 'SIGTERM');
  await stop(gateway, 'SIGTERM');
  rmSync(place, { recursive: true, force: true });
}
