import { join } from 'node:path';
import { stateLog } from '@millrace/core';
import { clientOf } from '@millrace/http-client';
import type { Limiter } from '@millrace/polling';
import { createAsk } from '../ask.ts';
import type { TargetConfig } from '../config/target.ts';
import type { Runner, ServerHost } from '../server/runner.ts';
import { fileTargets } from './files.ts';
import { processTargets } from './processes.ts';
import { wantedProfiles } from './profiles.ts';
import { type Poller, pollProfile } from './target-poller.ts';
import { type Target, targetOf } from './target.ts';
import { urlText } from './target-file.ts';

/** Files and processes are looked at again after this time. */
export const lookEveryMs = 5_000;

export interface TargetsRunner extends Runner {
  /** Looks for targets now. Never rejects. */
  refresh(): Promise<void>;
}

/** Finds the targets of a part of the config, and pulls their profiles. */
export function runTargets(config: TargetConfig, limiter: Limiter, host: ServerHost): TargetsRunner {
  const { clock, log } = host.context;
  const stop = new AbortController();
  const client = clientOf(config);
  const wanted = wantedProfiles(config);
  const state = stateLog(log);
  const pollers = new Map<string, readonly Poller[]>();
  const own = { serviceName: config.service_name, attributes: config.attributes };
  const fromUrls = config.urls.map((url) => targetOf(new URL(url), own));
  const fromFiles = config.files.length > 0 ? fileTargets(config.files, log) : async () => [];
  const poll = {
    config: host.config,
    clock,
    log,
    ask: createAsk(client, config),
    limiter,
    handOver: host.handOver,
    intervalMs: config.scrape_interval,
    timeoutMs: config.scrape_timeout,
    dropped: host.dropped,
  };
  let looking: Promise<void> | undefined;

  async function find(): Promise<Target[]> {
    const groups = await fromFiles();
    const fromGroups = groups.flatMap(({ targets, labels }) =>
      targets.map((text) => {
        const { service_name: service, job, ...others } = labels;
        const serviceName = service ?? config.service_name ?? job;
        return targetOf(new URL(urlText(text)), { serviceName, attributes: { ...others, ...config.attributes } });
      }),
    );
    const proc = join(config.root_path, 'proc');
    const { processes, attributes } = config;
    const fromProcesses = processes.length > 0 ? await processTargets(processes, { proc, attributes }) : [];
    return [...fromUrls, ...fromGroups, ...fromProcesses];
  }

  async function look(): Promise<void> {
    try {
      const found = new Map((await find()).map((target) => [target.key, target]));
      if (stop.signal.aborted) return;
      for (const [key, all] of pollers)
        if (!found.has(key)) {
          pollers.delete(key);
          await Promise.all(all.map((one) => one.stop('gone')));
        }
      for (const [key, target] of found)
        if (!pollers.has(key))
          pollers.set(
            key,
            wanted.map((profile) => pollProfile(target, profile, poll)),
          );
      state.fine('Targets can be looked for again.');
    } catch (error) {
      state.trouble('Targets cannot be looked for.', error);
    }
  }

  const refresh = (): Promise<void> => (looking ??= look().finally(() => (looking = undefined)));

  async function run(): Promise<void> {
    await refresh();
    if (config.files.length + config.processes.length === 0) return;
    while (!stop.signal.aborted) {
      try {
        await clock.sleep(lookEveryMs, stop.signal);
      } catch {
        return;
      }
      await refresh();
    }
  }

  const running = run();
  return {
    refresh,
    async stop(signal) {
      stop.abort(new Error('shut down'));
      await running;
      await looking;
      await Promise.all([...pollers.values()].flat().map((one) => one.stop('shutdown')));
      await client.close(signal);
    },
  };
}
