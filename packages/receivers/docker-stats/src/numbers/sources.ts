import { join } from 'node:path';
import type { Logger } from '@millrace/core';
import { describeError, toError } from '@millrace/core';
import type { Engine, EngineApi } from '../api/engine.ts';
import { EngineError } from '../api/errors.ts';
import type { Config } from '../config.ts';
import type { Container } from '../containers/container.ts';
import { parseStats } from './api-reading.ts';
import { type CgroupOf, openCgroups } from './cgroups.ts';
import { readMachine } from './machine.ts';
import type { Reading } from './reading.ts';
import { createStreams } from './streams.ts';
import type { Needs } from './wanted.ts';

export type Way = 'cgroup' | 'api';

export interface Gathering {
  readonly engine: Engine;
  readonly signal: AbortSignal;
  /** Called as readings come: those of cgroups before this returns, those of the API as they arrive. */
  take(container: Container, reading: Reading, way: Way): void;
  fail(error: unknown): void;
}

export interface Sources {
  /** Reads the containers, which run. Resolves when all have been read, or could not be. */
  gather(containers: readonly Container[], gathering: Gathering): Promise<void>;
  close(): Promise<void>;
}

interface Options {
  readonly api: EngineApi;
  readonly config: Config;
  readonly log: Logger;
  readonly needs: Needs;
}

/** How one run of one container is read. */
interface Run {
  readonly startedAt: number | undefined;
  readonly pid: number | undefined;
  /** Or why it is not read from there. */
  readonly cgroup: CgroupOf | string;
}

export function openSources({ api, config, log, needs }: Options): Sources {
  const { stats_source: source, api_stats: apiStats, root_path: rootPath } = config;
  const cgroups =
    source === 'api' ? undefined : openCgroups({ rootPath, wanted: needs.cgroup, networks: needs.networks });
  const streams = createStreams(api);
  const runs = new Map<string, Run>();
  const told = new Set<string>();

  /** Said when a reading has come, so that a container that is just ending is not spoken of. */
  function tell(way: Way, { name: container, id }: Container): void {
    if (source !== 'auto') return;
    const cgroup = runs.get(id)?.cgroup;
    const reason = typeof cgroup === 'string' ? cgroup : '';
    const key = `${way} ${reason}`;
    if (told.has(key)) return;
    told.add(key);
    if (way === 'cgroup') log.info({ container }, 'The numbers of containers are read from cgroups.');
    else
      log.info(
        { container, reason, stats: apiStats },
        'The numbers of a container are taken from the statistics of the API, which costs the engine more.',
      );
  }

  async function runOf(container: Container): Promise<Run> {
    const { id, startedAt, pid } = container;
    close(runs.get(id));
    const cgroup = cgroups ? await cgroups.find(container) : 'The config wants it so.';
    const run = { startedAt, pid, cgroup };
    runs.set(id, run);
    return run;
  }

  return {
    async gather(containers, { engine, signal, take, fail }) {
      const machine = cgroups && needs.machine ? readMachine(join(rootPath, 'proc')) : noMachine;
      const fromApi: Container[] = [];
      const there = new Set<string>();
      const failures = collect('cgroups');
      for (const container of containers) {
        there.add(container.id);
        const known = runs.get(container.id);
        // No promise for those that were there already, which are nearly all.
        const { cgroup } = known && isRunOf(known, container) ? known : await runOf(container);
        if (typeof cgroup === 'string') {
          if (source === 'cgroup') failures.add(new Error(cgroup));
          else fromApi.push(container);
          continue;
        }
        try {
          const reading = cgroup.read({ machine, fail: failures.add });
          if (!reading) continue;
          take(container, reading, 'cgroup');
          tell('cgroup', container);
        } catch (error) {
          failures.add(error);
        }
      }
      for (const [id, run] of runs) {
        if (there.has(id)) continue;
        close(run);
        runs.delete(id);
      }
      failures.report(fail);
      await gatherFromApi(fromApi, { engine, signal, take, fail });
    },
    async close() {
      for (const run of runs.values()) close(run);
      runs.clear();
      await streams.close();
    },
  };

  async function gatherFromApi(
    containers: readonly Container[],
    { engine, signal, take, fail }: Gathering,
  ): Promise<void> {
    const streaming = apiStats === 'stream';
    if (streaming) streams.follow(new Set(containers.map(({ id }) => id)));
    const failures = collect('the API');
    await Promise.all(
      containers.map(async (container) => {
        try {
          const text = await (streaming ? streams.last(container.id, signal) : api.stats(container.id, signal));
          const reading = text === undefined ? undefined : parseStats(text, engine.runtime);
          if (!reading) return;
          take(container, reading, 'api');
          tell('api', container);
        } catch (error) {
          // It has ended since; an event will tell.
          if (error instanceof EngineError && (error.isGone || error.status === 409)) return;
          failures.add(error);
        }
      }),
    );
    signal.throwIfAborted();
    failures.report(fail);
  }
}

const isRunOf = (run: Run, { startedAt, pid }: Container): boolean => run.startedAt === startedAt && run.pid === pid;

function close(run: Run | undefined): void {
  if (run && typeof run.cgroup !== 'string') run.cgroup.close();
}

const noMachine = { memory: undefined, cpuTime: undefined, cpus: undefined };

/** Makes one error of what went wrong for several containers, so that the same trouble is the same message. */
function collect(from: string): { add(error: unknown): void; report(fail: (error: unknown) => void): void } {
  let first: unknown;
  return {
    add: (error) => void (first ??= error),
    report(fail) {
      if (first !== undefined)
        fail(new Error(`Numbers of some containers could not be read from ${from}: ${describeError(toError(first))}`));
    },
  };
}
