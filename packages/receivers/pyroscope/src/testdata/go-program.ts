import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface GoProgram {
  readonly endpoint: string;
  readonly pid: number;
  ask(path: string): Promise<void>;
  stop(): Promise<void>;
}

export interface GoPrograms {
  start(more?: readonly string[]): Promise<GoProgram>;
  remove(): void;
}

export const hasGo = spawnSync('go', ['version']).status === 0;

/** Builds the program in `program/`. */
export function buildProgram(): GoPrograms {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-pprof-program-'));
  const binary = join(folder, 'pprof-program');
  const { status, stderr } = spawnSync('go', ['build', '-o', binary, join(import.meta.dirname, 'program/main.go')], {
    env: { ...process.env, GOFLAGS: '', GOWORK: 'off' },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`go build: ${stderr}`);
  return {
    async start(more = []) {
      const child = spawn(binary, more, { stdio: ['ignore', 'pipe', 'inherit'] });
      const [line] = (await once(child.stdout, 'data')) as [Buffer];
      const endpoint = `http://${line.toString().trim()}`;
      return {
        endpoint,
        pid: child.pid!,
        async ask(path) {
          await (await fetch(`${endpoint}${path}`)).text();
        },
        stop: () => ended(child),
      };
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'close');
}
