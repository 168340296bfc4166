import type { Attributes, Context, Entity, ScraperInstance } from '@millrace/core';
import { attributesKey, dropCounter } from '@millrace/core';
import { proveTls } from '@millrace/http-client';
import { createEngineApi } from './api/engine.ts';
import { createTransport } from './api/transport.ts';
import { type Config, endpointOf } from './config.ts';
import type { Container } from './containers/container.ts';
import { identityOf } from './containers/identity.ts';
import { selectionOf } from './containers/selection.ts';
import { watchContainers } from './containers/watch.ts';
import type { metrics } from './metrics.ts';
import { openSources, type Sources } from './numbers/sources.ts';
import { needsOf } from './numbers/wanted.ts';
import { recordCollector } from './record/collector.ts';
import { recordConventional } from './record/conventional.ts';
import { eventLog } from './record/event-log.ts';
import { recordOwn } from './record/own.ts';
import { recordState } from './record/state.ts';
import { usageMeter } from './record/usage.ts';

interface Identity {
  readonly container: Container;
  readonly attributes: Attributes;
  readonly key: string;
  readonly options: { readonly startTime?: number | undefined };
}

export function createScraper(config: Config, context: Context): ScraperInstance<typeof metrics> {
  const { naming, request_timeout: timeoutMs, api_version: pinnedVersion, list_interval: listIntervalMs } = config;
  const { log, clock } = context;
  const api = createEngineApi({ transport: createTransport(endpointOf(config)), timeoutMs, pinnedVersion });
  const selection = selectionOf(config);
  const count = dropCounter(context);
  const events = eventLog((dropped) => count(dropped, 'too_many_events'));
  const watch = watchContainers({ api, selection, clock, log, listIntervalMs, onEvent: events.add });
  const identify = identityOf(config);
  const identities = new Map<string, Identity>();
  const usage = usageMeter();
  let sources: Sources | undefined;
  let started = false;

  function identityOfContainer(container: Container, runtime: string): Identity {
    const known = identities.get(container.id);
    if (known?.container === container) return known;
    const attributes = identify(container, runtime);
    const key = attributesKey(attributes);
    const identity: Identity = {
      container,
      // The same object as long as nothing has changed, so that nothing derived from it is computed again.
      attributes: known?.key === key ? known.attributes : attributes,
      key,
      options: { startTime: container.startedAt },
    };
    identities.set(container.id, identity);
    return identity;
  }

  return {
    async start() {
      // Only what is wrong with the config itself: an engine that is down is waited for while the rest runs.
      if (config.tls && !config.tls.insecure) proveTls(config.tls);
      started = true;
      watch.start();
    },

    async scrape(run) {
      if (!started) return;
      await watch.firstLook(run.signal);
      if (watch.problem) run.fail(watch.problem);
      const { engine } = watch;
      if (!engine) return;
      sources ??= openSources({ api, config, log, needs: needsOf((metric) => run.wants(metric), naming) });

      for (const { event, container: then, log: record } of events.take()) {
        const container = watch.containers.get(event.id) ?? then;
        if (!selection.wantsInAnyState(container)) continue;
        const { runtime } = engine;
        const attributes = watch.containers.has(event.id)
          ? identityOfContainer(container, runtime).attributes
          : identities.get(event.id)?.attributes;
        run.log(record, attributes ?? identify(container, runtime));
      }

      const running: Container[] = [];
      const entities = new Map<string, Entity<typeof metrics>>();
      for (const container of watch.containers.values()) {
        const { attributes, options } = identityOfContainer(container, engine.runtime);
        const entity = run.entity(attributes, options);
        entities.set(container.id, entity);
        recordState(entity, container, run.time);
        if (container.pid !== undefined) running.push(container);
      }
      for (const id of identities.keys()) if (!watch.containers.has(id)) identities.delete(id);
      usage.keep(identities);

      const wants = (metric: keyof typeof metrics): boolean => run.wants(metric);
      await sources.gather(running, {
        engine,
        signal: run.signal,
        fail: run.fail,
        take(container, reading, way) {
          const entity = entities.get(container.id)!;
          const cpus = usage.cpus({ id: container.id, startedAt: container.startedAt, way }, reading);
          const numbers = { reading, cpus, wants };
          if (naming !== 'semantic_conventions') recordCollector(entity, container, numbers);
          if (naming !== 'docker_stats') recordConventional(entity, container, numbers);
          recordOwn(entity, reading, naming);
        },
      });
    },

    async shutdown() {
      await watch.stop();
      await sources?.close();
    },
  };
}
