import { watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import {
  ConfigError,
  createCollector,
  createLogger,
  describeError,
  load,
  type CheckedConfig,
  type Collector,
  type CollectorOptions,
  type Logger,
} from '@millrace/core';
import { ownFolder, reportConfigError, useColor } from '../environment.ts';
import { exitCode } from '../exit-code.ts';
import { createScreen } from '../screen.ts';
import { startTelemetry } from '../telemetry.ts';
import { terminalExporter } from '../terminal.ts';
import { createWorkers, type Workers } from '../workers/index.ts';
import type { CommandAction, CommandOptions } from './index.ts';

/** `millrace run`: until a signal ends it, or once. */
export const run: CommandAction = async (configs, options) => {
  const { once = false } = options;
  const screen = createScreen(process);
  const base: CollectorOptions = {
    set: options.set ?? [],
    folders: [ownFolder],
    components: [terminalExporter(screen, { once })],
    polling: once ? 'manual' : 'interval',
  };

  let config: CheckedConfig;
  try {
    config = await load(configs, base);
  } catch (error) {
    return reportConfigError(error, options);
  }
  const { logs } = config.telemetry;
  const log = createLogger({ ...logs, color: useColor(options, process.stderr), write: (line) => screen.log(line) });
  for (const warning of config.warnings) log.warn({}, warning);

  try {
    const workers = createWorkers({ configs, set: base.set ?? [] }, log);
    const copies = once ? 1 : config.workers;
    const producers = copies > 1 ? [workers.metrics] : [];
    const telemetry = await startTelemetry(config.telemetry, { log, once, producers });
    try {
      const collector = await createCollector(configs, {
        ...base,
        loaded: config,
        log,
        others: workers.status,
        ...(telemetry && { meterProvider: telemetry.meterProvider }),
      });
      await collector.start();
      try {
        await workers.start(copies);
      } catch (error) {
        await Promise.all([
          collector.shutdown(AbortSignal.timeout(1_000)),
          workers.shutdown(AbortSignal.timeout(1_000)),
        ]);
        throw error;
      }
      if (once) await collectOnce(collector, log);
      else await untilTold(collector, { workers, log, options });
    } finally {
      await telemetry?.shutdown();
    }
    return exitCode.done;
  } catch (error) {
    if (error instanceof ConfigError) return reportConfigError(error, options);
    log.error({}, `${describeError(error)}.`);
    return exitCode.cannotStart;
  } finally {
    screen.end();
  }
};

async function collectOnce(collector: Collector, log: Logger): Promise<void> {
  await collector.scrapeOnce().catch((error: unknown) => log.error({ error }, 'Not everything was delivered.'));
  await collector.shutdown();
}

/** Reloads on SIGHUP and on changed files, and shuts down on SIGINT or SIGTERM; a second one ends at once. */
async function untilTold(
  collector: Collector,
  { workers, log, options }: { workers: Workers; log: Logger; options: CommandOptions },
): Promise<void> {
  const count = collector.config.workers;
  const told = Promise.withResolvers<NodeJS.Signals>();
  let watching: (() => void) | undefined;

  async function reload(): Promise<void> {
    try {
      await collector.reload();
      if (collector.config.workers !== count) log.warn({}, 'service.workers changes with the next start.');
      await workers.reload();
      log.info({}, 'Reloaded the config.');
      if (options.watch) watchAgain();
    } catch (error) {
      log.error({ error }, 'The new config was not taken; the old one goes on.');
    }
  }
  function watchAgain(): void {
    watching?.();
    watching = watchFiles(collector.config.files, () => void reload());
  }
  const onHup = (): void => void reload();
  const onSignal = (signal: NodeJS.Signals): void => told.resolve(signal);
  // Data and what other people's components do with it must not end the process: say it, and go on.
  const onStray = (error: unknown): void => log.error({ error }, 'A component let an error go by; going on.');

  process.on('SIGHUP', onHup).on('SIGINT', onSignal).on('SIGTERM', onSignal);
  process.on('uncaughtException', onStray).on('unhandledRejection', onStray);
  if (options.watch) watchAgain();
  log.info({ pipelines: [...collector.config.pipelines.keys()].join(', ') }, 'Everything has started.');
  const held = setInterval(() => {}, 2 ** 30); // receivers may have nothing that holds the event loop

  const signal = await told.promise;
  log.info({ signal }, 'Shutting down: delivering what is held.');
  const force = new AbortController();
  const toldAt = Date.now();
  // Ctrl-C under npm may reach this process twice at once: only one that comes later is meant as a second.
  const again = (): void => (Date.now() - toldAt > 500 ? force.abort(new Error('told twice')) : undefined);
  process.on('SIGINT', again).on('SIGTERM', again);
  const deadline = AbortSignal.any([force.signal, AbortSignal.timeout(collector.config.telemetry.shutdown_timeout)]);
  await Promise.all([collector.shutdown(force.signal), workers.shutdown(deadline)]);
  clearInterval(held);
  watching?.();
  process
    .off('SIGHUP', onHup)
    .off('SIGINT', onSignal)
    .off('SIGTERM', onSignal)
    .off('SIGINT', again)
    .off('SIGTERM', again);
  process.off('uncaughtException', onStray).off('unhandledRejection', onStray);
}

/** Calls back when a file has changed and has been left alone for a moment. Folders are watched: editors replace files. */
function watchFiles(files: readonly string[], changed: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const watchers = Map.groupBy(files, dirname)
    .entries()
    .map(([folder, own]) => {
      const names = new Set(own.map((file) => basename(file)));
      return watch(folder, (_event, name) => {
        if (name !== null && !names.has(name)) return;
        clearTimeout(timer);
        timer = setTimeout(changed, 200);
      });
    })
    .toArray();
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}
