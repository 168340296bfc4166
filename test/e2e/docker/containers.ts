import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Engine, image } from './engine.ts';

/** What `work.c` says that it has done. */
export interface Report {
  readonly waits: number;
  readonly userUs: number;
  readonly systemUs: number;
  readonly allocated: number;
  readonly written: number;
  readonly forked: number;
  readonly forkFailed: number;
  readonly killed: number;
}

export interface ContainerOptions {
  readonly name: string;
  /** Steps of `work.c`: `'user 500 wait'`. */
  readonly steps: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly env?: readonly string[];
  /** The rest of the API's HostConfig. */
  readonly host?: object;
  /** The rest of what the API takes for a container. */
  readonly more?: object;
}

export interface Container {
  readonly id: string;
  readonly name: string;
  /** What it has done once it waits for the n-th time. */
  report(waits?: number): Promise<Report>;
  /** Ends a wait. */
  go(): Promise<void>;
  /** Its first process is killed and started again: it begins with the first step. */
  restart(): Promise<void>;
  /** `pause`, `unpause`, `rename?name=x` …: what the API has under the container. */
  post(action: string): Promise<void>;
  /** Runs a command of busybox in it, to its end. */
  exec(command: readonly string[]): Promise<void>;
  inspect(): Promise<Inspected>;
  /** Resolves when it is so. */
  until(condition: (inspected: Inspected) => boolean): Promise<Inspected>;
  remove(): Promise<void>;
}

export interface Inspected {
  readonly Id: string;
  readonly Name: string;
  readonly RestartCount: number;
  readonly State: {
    readonly Status: string;
    readonly OOMKilled: boolean;
    readonly ExitCode: number;
    readonly Pid: number;
    readonly StartedAt: string;
    readonly Health?: { readonly Status: string };
  };
  readonly NetworkSettings: { readonly IPAddress: string };
}

const tooLateMs = 20_000;

/** Starts a container that does these steps. */
export async function runContainer(engine: Engine, options: ContainerOptions): Promise<Container> {
  const { name, steps, labels = {}, env = [], host = {}, more = {} } = options;
  const reports = mkdtempSync(join(engine.reports, 'of-'));
  const { body } = await engine.call('POST', `/v1.40/containers/create?name=${name}`, {
    Image: image,
    Cmd: ['/bin/work', '/report/report', ...steps.split(' ')],
    Labels: labels,
    Env: env,
    HostConfig: { Binds: [`${reports}:/report`], ...host },
    ...more,
  });
  const id = (body as { Id: string }).Id;
  const path = `/v1.40/containers/${id}`;
  await engine.call('POST', `${path}/start`);

  const inspect = async (): Promise<Inspected> => (await engine.call('GET', `${path}/json`)).body as Inspected;
  const remove = async (): Promise<void> => {
    await engine.call('DELETE', `${path}?force=true&v=true`);
    rmSync(reports, { recursive: true, force: true });
  };
  return {
    id,
    name,
    inspect,
    remove,
    async report(waits = 1) {
      for (const until = Date.now() + tooLateMs; ; await sleep(10)) {
        const file = join(reports, 'report');
        const report = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Report) : undefined;
        if (report && report.waits >= waits) return report;
        if (Date.now() < until) continue;
        throw new Error(`${name} has not done ${steps}: ${JSON.stringify((await inspect()).State)}`);
      }
    },
    go: async () => void (await engine.call('POST', `${path}/kill?signal=SIGUSR1`)),
    post: async (action) => void (await engine.call('POST', `${path}/${action}`)),
    async restart() {
      rmSync(join(reports, 'report'), { force: true });
      await engine.call('POST', `${path}/restart?t=0`);
    },
    async exec(command) {
      const { body: made } = await engine.call('POST', `${path}/exec`, { Cmd: command, AttachStdout: true });
      const exec = `/v1.40/exec/${(made as { Id: string }).Id}`;
      await engine.call('POST', `${exec}/start`, { Detach: false });
      const { ExitCode: code } = (await engine.call('GET', `${exec}/json`)).body as { ExitCode: number };
      if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code} in ${name}.`);
    },
    async until(condition) {
      for (const until = Date.now() + tooLateMs; ; await sleep(50)) {
        const inspected = await inspect();
        if (condition(inspected)) return inspected;
        if (Date.now() > until) throw new Error(`${name} did not become so: ${JSON.stringify(inspected.State)}`);
      }
    },
  };
}
