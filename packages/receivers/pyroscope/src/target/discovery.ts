import { join } from 'node:path';
import { type Clock, type Logger, stateLog } from '@millrace/core';
import { createRefresher, type Refresher } from '@millrace/polling';
import { lookEveryMs, targetFiles } from '@millrace/target-files';
import type { TargetConfig } from '../config/target.ts';
import { targetsOfGroups } from './file-targets.ts';
import { processFinder } from './processes.ts';
import { type Target, targetOf } from './target.ts';

export interface Found {
  readonly targets: readonly Target[];
  /** Why one of them is left out. */
  readonly wrong: Error | undefined;
}

interface DiscoveryHost {
  readonly clock: Clock;
  readonly log: Logger;
  /** Called with all targets there are: now with those that the config itself says, and whenever a source was looked at. */
  found(targets: readonly Target[]): void;
}

/** Finds targets in the config itself, in files and among processes. Where one source cannot be read, the others count. */
export function discoverTargets(config: TargetConfig, { clock, log, found }: DiscoveryHost): Refresher {
  const own = { serviceName: config.service_name, attributes: config.attributes };
  const parts: (readonly Target[])[] = [config.urls.map((url) => targetOf(new URL(url), own))];
  const sources: Refresher[] = [];

  function takePart(): (now: Found) => void {
    const part = parts.push([]) - 1;
    const state = stateLog(log);
    return ({ targets, wrong }) => {
      if (wrong) state.trouble('A target cannot be pulled from as it is said.', wrong);
      else state.fine('All targets can be pulled from as they are said.');
      parts[part] = targets;
      found(parts.flat());
    };
  }

  if (config.files.length > 0) {
    const take = takePart();
    sources.push(
      targetFiles({ patterns: config.files, clock, log, found: (groups) => take(targetsOfGroups(groups, own)) }),
    );
  }
  if (config.processes.length > 0) {
    const take = takePart();
    const listing = stateLog(log);
    const find = processFinder(config.processes, {
      proc: join(config.root_path, 'proc'),
      attributes: config.attributes,
    });
    const look = async (): Promise<void> => {
      try {
        take(await find());
        listing.fine('Processes can be looked for again.');
      } catch (error) {
        listing.trouble('Processes cannot be looked for.', error);
      }
    };
    sources.push(createRefresher(look, { clock, everyMs: lookEveryMs }));
  }
  found(parts.flat());
  return {
    refresh: async () => void (await Promise.all(sources.map((one) => one.refresh()))),
    run: async (signal) => void (await Promise.all(sources.map((one) => one.run(signal)))),
  };
}
