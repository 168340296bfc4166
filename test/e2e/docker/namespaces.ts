import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A network and a mount namespace of their own: what an engine does to them, nobody else sees. */
export interface Namespaces {
  spawn(command: string, args: readonly string[], env?: NodeJS.ProcessEnv): ChildProcess;
  /** The processes in them: not those of containers, which have their own. */
  processes(): readonly number[];
  /** Ends everything in them, as `keeper.sh` does by itself when this process has ended. */
  end(): Promise<void>;
}

export interface Kept {
  /** The folder of the engine. */
  readonly place: string;
  /** Where the engine has a folder for each container, named by the id. */
  readonly containers: string;
  /** A folder more. */
  readonly reports: string;
}

/** What is `kept` is removed in the end. Rejects where this process may not make namespaces. */
export async function createNamespaces({ place, containers, reports }: Kept): Promise<Namespaces> {
  // Its process holds them: they outlive the engine, which may be killed and started again.
  const script = join(import.meta.dirname, 'keeper.sh');
  const keeper = spawn('unshare', ['--net', '--mount', 'sh', script, place, containers, reports], {
    stdio: ['pipe', 'pipe', 'pipe'],
    // Not ended by Ctrl-C, which is when it has to clean up.
    detached: true,
  });
  const closed = once(keeper, 'close');
  let said = '';
  keeper.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ready = once(keeper.stdout, 'data').then(() => 'ready');
  const first = await Promise.race([ready, closed.then(() => said.trim())]).catch(String);
  if (first !== 'ready') throw new Error(`no namespaces of its own: ${first}`);

  const own = namespaceOf(keeper.pid!);
  return {
    spawn: (command, args, env = {}) =>
      spawn('nsenter', [`--target=${keeper.pid}`, '--net', '--mount', command, ...args], {
        env: { ...process.env, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    processes: () => processes().filter((pid) => namespaceOf(pid) === own),
    async end() {
      keeper.stdin.end();
      await closed;
    },
  };
}

export const processes = (): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

/** Undefined where it has ended, zombies included. */
function namespaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`);
  } catch {
    return undefined;
  }
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
}

/** Resolves once `isReady` does; rejects with the end of its log if it ends before, or takes too long. */
export async function startProgram(
  child: ChildProcess,
  isReady: () => Promise<boolean>,
  timeoutMs = 60_000,
): Promise<Started> {
  let log = '';
  const ended = once(child, 'close');
  for (const stream of [child.stdout!, child.stderr!])
    stream.setEncoding('utf8').on('data', (text: string) => (log += text));
  for (const until = Date.now() + timeoutMs; !(await isReady()); await sleep(50)) {
    const hasEnded = child.exitCode !== null || child.signalCode !== null;
    if (!hasEnded && Date.now() < until) continue;
    child.kill('SIGKILL');
    const last = log.trimEnd().split('\n').slice(-5).join('\n');
    throw new Error(`${child.spawnargs.join(' ')} ${hasEnded ? 'ended' : 'did not answer in time'}:\n${last}`);
  }
  return { child, ended };
}

/** CPU milliseconds of a process so far, in ticks of 10 ms. */
export function cpuMilliseconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
