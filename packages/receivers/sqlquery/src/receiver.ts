import type { Component, Consumer, Context } from '@millrace/core';
import { describeError, dropCounter, PermanentError, stateLog } from '@millrace/core';
import { type Driver, loadDriver, redactor } from '@millrace/sql';
import type { Config } from './config.ts';
import { loadedQueries, type LoadedQuery } from './queries.ts';
import { pollTarget } from './target-poller.ts';
import { type ConfiguredTarget, targetsOf } from './targets.ts';

interface Target {
  readonly configured: ConfiguredTarget;
  readonly driver: Driver;
}

/** The queries under way, until they are told to stop. */
interface Polling {
  readonly queries: readonly LoadedQuery[];
  readonly stop: AbortController;
  readonly done: Promise<unknown>;
}

export function createReceiver(config: Config, context: Context, next: Consumer): Component {
  const deadline = new AbortController();
  const dropped = dropCounter(context);
  const working = stateLog(context.log);
  let targets: readonly Target[] = [];
  let polling: Polling | undefined;

  function poll(queries: readonly LoadedQuery[]): Polling {
    const stop = new AbortController();
    const shared = { queries, config, context, next, dropped, stop: stop.signal, deadline: deadline.signal };
    const all = targets.map((target) =>
      pollTarget({ ...target, ...shared }).catch((error: unknown) => {
        working.trouble('A database is not asked any more.', redactor(target.configured.target)(describeError(error)));
      }),
    );
    return { queries, stop, done: Promise.all(all) };
  }

  async function stop(): Promise<void> {
    polling?.stop.abort(new Error('shut down'));
    await polling?.done;
  }

  return {
    async start() {
      if (polling) return;
      const queries = loadedQueries(config);
      targets = await Promise.all(targetsOf(config).map(loadTarget));
      polling = poll(queries);
    },
    async reload() {
      if (!polling || polling.stop.signal.aborted) return;
      const queries = loadedQueries(config);
      if (JSON.stringify(queries) === JSON.stringify(polling.queries)) return;
      await stop();
      polling = poll(queries);
    },
    async shutdown(signal) {
      const expire = (): void => deadline.abort(signal.reason);
      if (signal.aborted) expire();
      signal.addEventListener('abort', expire);
      await stop();
      signal.removeEventListener('abort', expire);
    },
  };
}

async function loadTarget(configured: ConfiguredTarget): Promise<Target> {
  const driver = await loadDriver(configured.driver);
  try {
    driver.describe(configured.target);
  } catch (error) {
    const where = configured.name === '' ? 'The database' : `The database ${configured.name}`;
    throw new PermanentError(
      `${where} is not said as its driver needs it: ${redactor(configured.target)(describeError(error))}`,
    );
  }
  return { configured, driver };
}
