// A Docker engine, or Podman's service, of a test's own: nothing of any other engine on the machine is touched.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EngineApi, engineApi } from './api.ts';
import { imageMissing, imageOfBusybox } from './image.ts';
import type { Started } from './namespaces.ts';
import { cpuMilliseconds, createNamespaces, processes, startProgram } from './namespaces.ts';

export const image = 'millrace-test:latest';

export interface Engine extends EngineApi {
  /** As docker_stats takes it. */
  readonly endpoint: string;
  /** A folder for what containers say of themselves. */
  readonly reports: string;
  /** CPU milliseconds that the engine has spent so far: its daemon and containerd; and the shims of all containers. */
  cpuMs(): CpuOfEngine;
  /** The daemon alone is killed, as by an accident. Containers go on or not, as the engine was told. */
  kill(): Promise<void>;
  /** After `kill`: the same engine again. Resolves once it answers. */
  restart(): Promise<void>;
  /** Stops everything that it started and removes its folder. */
  stop(): Promise<void>;
}

export interface CpuOfEngine {
  readonly daemons: number;
  readonly shims: number;
}

export interface EngineOptions {
  /** Docker: containers outlive the daemon. */
  readonly liveRestore?: boolean;
}

/** A Docker engine, or why there is none: said loudly. `MILLRACE_TEST_DOCKER` names one that runs already. */
export async function tryDocker(options: EngineOptions = {}): Promise<Engine | undefined> {
  const given = process.env.MILLRACE_TEST_DOCKER;
  return attempt('Docker', () => (given ? givenEngine(given) : startDocker(options)));
}

/** Podman's service, or why there is none: said loudly. */
export const tryPodman = (): Promise<Engine | undefined> => attempt('Podman', startPodman);

async function attempt(title: string, start: () => Promise<Engine>): Promise<Engine | undefined> {
  try {
    const missing = imageMissing();
    if (missing !== undefined) throw new Error(missing);
    return await start();
  } catch (error) {
    console.warn(`SKIPPED: what needs ${title} does not run: ${(error as Error).message}`);
    return undefined;
  }
}

async function givenEngine(endpoint: string): Promise<Engine> {
  const api = engineApi(endpoint.replace(/^unix:\/\//, ''));
  await importImage(api);
  const cannot = async (): Promise<void> => {
    throw new Error('The engine that MILLRACE_TEST_DOCKER names is not ours to stop.');
  };
  const cpuMs = (): CpuOfEngine => cpuOf(processes(), /^(dockerd|containerd)$/);
  const reports = reportsFolder();
  const stop = async (): Promise<void> => rmSync(reports, { recursive: true });
  return { ...api, endpoint, reports, cpuMs, kill: cannot, restart: cannot, stop };
}

const startDocker = ({ liveRestore = false }: EngineOptions): Promise<Engine> =>
  startEngine({
    command: 'dockerd',
    args: (place) => {
      // Not the machine's /etc/docker/daemon.json.
      writeFileSync(join(place, 'daemon.json'), JSON.stringify({ 'live-restore': liveRestore }));
      const path = (name: string): string => join(place, name);
      return [
        ...['--config-file', path('daemon.json'), '--pidfile', path('pid'), '--host', `unix://${path('socket')}`],
        ...['--data-root', path('data'), '--exec-root', path('exec')],
      ];
    },
    daemons: /^(dockerd|containerd)$/,
    containers: (place) => join(place, 'data/containers'),
    // Its containerd dies with it, but where nobody reaps orphans it is still there for the next dockerd, which waits for it.
    forget: (place) => rmSync(join(place, 'exec/containerd/containerd.pid'), { force: true }),
  });

const startPodman = (): Promise<Engine> =>
  startEngine({
    command: 'podman',
    env: (place) => ({ CONTAINERS_CONF: join(place, 'containers.conf') }),
    args: (place) => {
      const path = (name: string): string => join(place, name);
      // The defaults are more than this process may have itself on some machines.
      writeFileSync(
        path('containers.conf'),
        '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]\n',
      );
      return [
        ...['--root', path('data'), '--runroot', path('exec'), '--tmpdir', path('tmp')],
        ...[
          '--runtime',
          'runc',
          '--cgroup-manager',
          'cgroupfs',
          '--events-backend',
          'file',
          '--storage-driver',
          'overlay',
        ],
        ...['system', 'service', '--time', '0', `unix://${path('socket')}`],
      ];
    },
    daemons: /^podman$/,
    containers: (place) => join(place, 'data/overlay-containers'),
  });

interface EngineProgram {
  readonly command: string;
  readonly args: (place: string) => readonly string[];
  readonly env?: (place: string) => NodeJS.ProcessEnv;
  /** The names of its processes that serve the API. */
  readonly daemons: RegExp;
  /** Where it has a folder for each container, named by the id. */
  readonly containers: (place: string) => string;
  /** What it would stumble over after it was killed. */
  readonly forget?: (place: string) => void;
}

async function startEngine(program: EngineProgram): Promise<Engine> {
  const { command, args, env, daemons, containers, forget } = program;
  if (process.getuid?.() !== 0) throw new Error('only root can start an engine');
  if (spawnSync(command, ['--version']).error) throw new Error(`there is no ${command}`);
  const place = mkdtempSync(join(tmpdir(), 'millrace-engine-'));
  const reports = reportsFolder();
  const namespaces = await createNamespaces({ place, containers: containers(place), reports });
  const api = engineApi(join(place, 'socket'));
  const commandLine = args(place);
  const start = (): Promise<Started> =>
    startProgram(namespaces.spawn(command, commandLine, env?.(place)), () => answers(api));
  let running: Started;
  try {
    running = await start();
    await importImage(api);
  } catch (error) {
    await namespaces.end();
    throw error;
  }

  return {
    ...api,
    endpoint: `unix://${api.socket}`,
    reports,
    cpuMs: () => cpuOf(namespaces.processes(), daemons),
    async kill() {
      running.child.kill('SIGKILL');
      await running.ended;
    },
    async restart() {
      forget?.(place);
      running = await start();
    },
    stop: () => namespaces.end(),
  };
}

/** In memory where that can be: a report is no disk activity of a container. */
const reportsFolder = (): string =>
  mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'millrace-reports-'));

const answers = (api: EngineApi): Promise<boolean> =>
  api.call('GET', '/_ping').then(
    () => true,
    () => false,
  );

async function importImage(api: EngineApi): Promise<void> {
  const [repo, tag] = image.split(':');
  await api.call('POST', `/v1.40/images/create?fromSrc=-&repo=${repo}&tag=${tag}`, imageOfBusybox());
}

function cpuOf(pids: readonly number[], daemons: RegExp): CpuOfEngine {
  const spent = (names: RegExp): number =>
    pids.filter((pid) => names.test(nameOf(pid))).reduce((sum, pid) => sum + cpuMilliseconds(pid), 0);
  return { daemons: spent(daemons), shims: spent(/^containerd-shim/) };
}

const nameOf = (pid: number): string => fileOf(pid, 'comm').trim();

function fileOf(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1');
  } catch {
    return '';
  }
}
