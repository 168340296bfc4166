import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { GoProgram } from '../go-program.ts';

export { isBuilt } from '../go-program.ts';
export { agent, oldAgent } from './programs.ts';

/** What became of a point: `failed` was queued again, `dropped` found no room. */
export interface Outcome {
  readonly outcome: 'published' | 'failed' | 'dropped';
  readonly unix_time: number;
  readonly code?: string;
  readonly message?: string;
}

export interface RunningAgent {
  readonly pid: number;
  readonly outcomes: readonly Outcome[];
  /** Its next poll; the fields are named as on the wire. 64-bit integers may be bigints. */
  send(point: Readonly<Record<string, number | bigint | boolean>>): void;
  /** Resolves when it has published all, or dropped it, and ended. Rejects, with what it wrote, if it did not end well. */
  end(): Promise<void>;
  kill(): void;
}

/** Starts an agent. Its variables are mini-collector's own, and AGENT_DEADLINE and AGENT_HOST_KEY. */
export function startAgent({ path }: GoProgram, variables: Readonly<Record<string, string>>): RunningAgent {
  const child = spawn(path, { env: variables, stdio: ['pipe', 'pipe', 'pipe'] });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const closed = once(child, 'close').finally(() => process.off('exit', kill)) as Promise<
    [code: number | null, signal: string | null]
  >;
  const outcomes: Outcome[] = [];
  createInterface(child.stdout).on('line', (line) => outcomes.push(JSON.parse(line) as Outcome));
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  // An agent that has died says why in `end`.
  child.stdin.on('error', () => {});

  return {
    pid: child.pid!,
    outcomes,
    send(point) {
      const members = Object.entries(point).map(([name, value]) => `${JSON.stringify(name)}:${String(value)}`);
      child.stdin.write(`{${members.join(',')}}\n`);
    },
    async end() {
      child.stdin.end();
      const [code, signal] = await closed;
      if (code !== 0) throw new Error(`The agent ended with ${signal ?? code}: ${log}`);
    },
    kill,
  };
}
