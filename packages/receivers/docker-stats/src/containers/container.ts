import { record } from '../api/engine.ts';
import { EngineError } from '../api/errors.ts';

/** What inspecting a container tells. Times are milliseconds since the epoch; what is not known is undefined. */
export interface Container {
  readonly id: string;
  /** Without the slash that engines put before it. */
  readonly name: string;
  /** As it was named when the container was made. */
  readonly image: string;
  /** `sha256:…` */
  readonly imageId: string | undefined;
  readonly hostname: string | undefined;
  readonly command: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly env: ReadonlyMap<string, string>;
  /** created, running, paused, restarting, removing, exited or dead; what an engine adds to these, as it says it. */
  readonly state: string;
  /** Of its first process, as this machine counts it; undefined unless it runs. */
  readonly pid: number | undefined;
  readonly startedAt: number | undefined;
  readonly finishedAt: number | undefined;
  /** Undefined until it has ended once. */
  readonly exitCode: number | undefined;
  readonly oomKilled: boolean;
  /** Why it could not be started, as the engine says it. */
  readonly error: string | undefined;
  /** starting, healthy or unhealthy; undefined without a health check. */
  readonly health: string | undefined;
  /** How often its restart policy has started it again. */
  readonly restarts: number | undefined;
  /** In CPUs, from --cpus, --cpuset-cpus or --cpu-quota, the first that is set. */
  readonly cpuLimit: number | undefined;
  /** Undefined: not set, which means 1024. */
  readonly cpuShares: number | undefined;
  /** Bytes; undefined where there is none. */
  readonly memoryLimit: number | undefined;
  /** It has the network of the machine: counters of interfaces are not its own. */
  readonly hostNetwork: boolean;
}

/** Reads `GET /containers/<id>/json`. Throws an EngineError where it is not what an engine says. */
export function parseContainer(answer: unknown): Container {
  const said = record(answer, '/containers/<id>/json');
  const config = part(said['Config']);
  const host = part(said['HostConfig']);
  const state = part(said['State']);
  const { Id: id } = said;
  const status = text(state['Status']);
  if (typeof id !== 'string' || status === undefined)
    throw new EngineError('The engine described a container without Id or State.');
  const pid = number(state['Pid']);
  const health = text(part(state['Health'])['Status']);
  const running = status === 'running' || status === 'paused';
  return {
    id,
    name: text(said['Name'])?.replace(/^\//, '') ?? '',
    image: text(config['Image']) ?? '',
    imageId: text(said['Image']),
    hostname: text(config['Hostname']),
    command: [text(said['Path']), ...strings(said['Args'])].filter((word) => word !== undefined),
    labels: Object.fromEntries(
      Object.entries(part(config['Labels'])).map(([label, value]) => [label, String(value ?? '')]),
    ),
    env: new Map(
      strings(config['Env']).map((setting) => {
        const equals = setting.indexOf('=');
        return equals < 0 ? [setting, ''] : [setting.slice(0, equals), setting.slice(equals + 1)];
      }),
    ),
    state: status,
    pid: running && pid !== undefined && pid > 0 ? pid : undefined,
    startedAt: time(state['StartedAt']),
    finishedAt: time(state['FinishedAt']),
    exitCode: time(state['FinishedAt']) === undefined || running ? undefined : number(state['ExitCode']),
    oomKilled: state['OOMKilled'] === true,
    error: text(state['Error']),
    // Podman says it with an empty status where there is no check, Docker with `none` where one was taken away.
    health: health === 'none' ? undefined : health,
    restarts: number(said['RestartCount']),
    cpuLimit: cpuLimit(host),
    cpuShares: number(host['CpuShares']) || undefined,
    memoryLimit: number(host['Memory']) || undefined,
    hostNetwork: host['NetworkMode'] === 'host',
  };
}

function cpuLimit(host: Readonly<Record<string, unknown>>): number | undefined {
  const nanos = number(host['NanoCpus']) ?? 0;
  if (nanos > 0) return nanos / 1e9;
  const cpus = text(host['CpusetCpus']);
  if (cpus !== undefined) return countCpus(cpus);
  const quota = number(host['CpuQuota']) ?? 0;
  return quota > 0 ? quota / (number(host['CpuPeriod']) || 100_000) : undefined;
}

/** `0-2,7` are 4. */
export function countCpus(list: string): number | undefined {
  let count = 0;
  for (const range of list.split(',')) {
    const [, first, last = first] = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(range) ?? [];
    if (first === undefined) return undefined;
    count += Math.max(0, Number(last) - Number(first) + 1);
  }
  return count;
}

const part = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
const number = (value: unknown): number | undefined => (Number.isFinite(value) ? (value as number) : undefined);

/** Engines write year 1 for what has not happened. */
function time(value: unknown): number | undefined {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return ms > 0 ? ms : undefined;
}
