import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { otelcolBinary } from './programs.ts';

export { otelcolBinary, telemetrygenBinary } from './programs.ts';

export interface Otelcol {
  readonly pid: number;
  /** Asks it to end, and kills it if it has not after ten seconds. Rejects if it did not end well. */
  stop(): Promise<void>;
  /** All that it has written so far. */
  log(): string;
}

const startTimeoutMs = 20_000;
const stopTimeoutMs = 10_000;

/**
 * Starts the collector with a config of its own, and resolves once it runs. The config must leave
 * `service.telemetry.logs.level` at `info`, or it never says that it does. Rejects, with its log, if it ends instead.
 */
export async function startOtelcol(yamlText: string): Promise<Otelcol> {
  const program = otelcolBinary();
  if (program === undefined) throw new Error('The collector is not built: node test/peers/otelcol/build.ts');
  const child = spawn(program, ['--config', 'env:OTELCOL_CONFIG'], {
    env: { ...process.env, OTELCOL_CONFIG: yamlText },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = once(child, 'close').finally(() => process.off('exit', kill)) as Promise<
    [code: number | null, signal: string | null]
  >;
  let log = '';
  let isReady = false;
  const ready = new Promise<'ready'>((resolve) => {
    const read = (text: string): void => {
      log += text;
      isReady ||= log.includes('Everything is ready.');
      if (isReady) resolve('ready');
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', read);
  });

  const timeout = new AbortController();
  const late = sleep(startTimeoutMs, 'late' as const, { signal: timeout.signal }).catch(() => 'late' as const);
  const first = await Promise.race([ready, ended.then(() => 'ended' as const), late]);
  timeout.abort();
  if (first !== 'ready') {
    kill();
    throw new Error(`The collector ${first === 'ended' ? 'ended at its start' : 'did not start'}:\n${log}`);
  }

  return {
    pid: child.pid!,
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(kill, stopTimeoutMs);
      const [code, signal] = await ended;
      clearTimeout(timer);
      if (code !== 0) throw new Error(`The collector ended with ${signal ?? code}:\n${log}`);
    },
    log: () => log,
  };
}
