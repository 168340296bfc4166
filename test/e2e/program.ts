import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');

export interface Program {
  readonly child: ChildProcess;
  /** All that it has written so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** Resolves with the match once its output has one; rejects if it ends before. */
  saw(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>;
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Starts the real program as a child process. */
export function millrace(
  args: readonly string[],
  options: { cwd?: string; uid?: number; env?: NodeJS.ProcessEnv } = {},
): Program {
  const { cwd = root, uid, env = {} } = options;
  const command = ['-C', 'source', join(root, 'packages/cli/bin/millrace.js'), ...args];
  const child = spawn(process.execPath, command, {
    cwd,
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  const text = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text.stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (text.stderr += chunk));
  child.stdout.setMaxListeners(0);
  child.stderr.setMaxListeners(0);
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    child,
    ended,
    get stdout() {
      return text.stdout;
    },
    get stderr() {
      return text.stderr;
    },
    async saw(pattern) {
      const look = (): RegExpExecArray | null => pattern.exec(text.stdout) ?? pattern.exec(text.stderr);
      for (let found = look(); ; found = look()) {
        if (found) return found;
        const data = Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data')]);
        const end = await Promise.race([data, ended.then(() => 'ended' as const)]);
        if (end === 'ended' && !look()) throw new Error(`It ended without ${pattern}:\n${text.stdout}${text.stderr}`);
      }
    },
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      return ended;
    },
  };
}

/** Serves own metrics nowhere and the page on a free port. */
export const quietly = ['--set', 'service.telemetry.metrics.level=none'] as const;
export const anyPort = ['--set', 'exporters.prometheus.endpoint=localhost:0'] as const;
