import type { Signal } from '../batch.ts';
import type { Component, Consumer, Context, ExtensionContext } from '../component.ts';
import type { Configured, ExporterHost, Kind, ScraperHost } from '../config/model.ts';
import type {
  ConnectorDefinition,
  ExporterDefinition,
  ExtensionDefinition,
  ProcessorDefinition,
  ReceiverDefinition,
  ScraperDefinition,
} from '../definition.ts';
import { dropCounter } from '../dropped.ts';
import { edge, type Edge } from '../delivery/edge.ts';
import type { AdmittingConsumer } from '../delivery/fanout.ts';
import { observeProcessor, observeReceiver, scraperCounts } from '../delivery/observe.ts';
import { poll, type Poller } from '../poll.ts';
import { createScraper } from '../scraper.ts';
import { createPort, type Port } from './port.ts';
import { withStorage } from './storage.ts';

/** One running component with what the host put around it. */
export interface Node {
  /** `exporter/otlp`, `processor/batch@metrics/host`: a component once in the graph. */
  readonly key: string;
  readonly kind: Kind;
  readonly id: string;
  readonly configured: Configured;
  readonly component: Component;
  /** What it takes in; undefined for receivers and extensions. */
  readonly entry?: AdmittingConsumer;
  /** Where its output goes, by pipeline id for connectors, under '' for the rest. */
  readonly ports: ReadonlyMap<string, Port>;
  readonly edge?: Edge;
  readonly poller?: Poller;
  /** Called once, when the component has started. */
  started(): void;
}

export interface NodeContext extends ExtensionContext {
  readonly polling: 'interval' | 'manual';
}

export type ContextFor = (kind: Kind, id: string) => NodeContext;

export function receiverNode(
  configured: Configured<ReceiverDefinition> | Configured<ScraperDefinition, ScraperHost>,
  given: NodeContext,
): Node {
  const { id, definition, config } = configured;
  const context = withStorage(configured, `receiver/${id}`, given);
  const port = createPort(`receiver ${id}`);
  const base = {
    key: `receiver/${id}`,
    kind: 'receiver',
    id,
    configured,
    ports: new Map([['', port]]),
    started: () => {},
  } as const;
  const next = observeReceiver(context.meter, id, port);
  if (definition.kind === 'receiver') {
    const wants = (signal: Signal): boolean => port.takes(signal);
    return { ...base, component: definition.create(config as never, { ...context, wants }, next) };
  }
  const host = (configured as Configured<ScraperDefinition, ScraperHost>).host;
  const scraper = createScraper(definition, config, context, host.metrics);
  const { clock, log, meter, polling } = context;
  const poller = poll(scraper, host, {
    next,
    clock,
    log,
    polling,
    dropped: dropCounter(context),
    counts: scraperCounts(meter, id),
  });
  return { ...base, component: poller, poller };
}

export function processorNode(configured: Configured<ProcessorDefinition>, pipeline: string, context: Context): Node {
  const { id, definition, config } = configured;
  const port = createPort(`processor ${id}`);
  const observe = observeProcessor(context.meter, id);
  const component = definition.create(config as never, context, observe.outgoing(port));
  return {
    key: `processor/${id}@${pipeline}`,
    kind: 'processor',
    id,
    configured,
    component,
    ports: new Map([['', port]]),
    entry: {
      // A processor gives out about what it takes in, so the room it needs is what its next would need for the same batch.
      admit: (batch, signal) => port.admit?.(batch, signal),
      async consume(batch, signal) {
        observe.incoming(batch);
        await component.consume(batch, signal);
      },
    },
    started: () => {},
  };
}

export function exporterNode(configured: Configured<ExporterDefinition, ExporterHost>, context: Context): Node {
  const { id, definition, config, host } = configured;
  const component: Component & Consumer = definition.create(config as never, context);
  const ready = Promise.withResolvers<void>();
  const ownEdge = edge(component, host, {
    ...context,
    ready: ready.promise,
    place: `exporter/${id}`,
  });
  return {
    key: `exporter/${id}`,
    kind: 'exporter',
    id,
    configured,
    component,
    ports: new Map(),
    entry: ownEdge,
    edge: ownEdge,
    started: ready.resolve,
  };
}

export function connectorNode(
  configured: Configured<ConnectorDefinition>,
  pipelines: readonly string[],
  context: Context,
): Node {
  const { id, definition, config } = configured;
  const ports = new Map(pipelines.map((pipeline) => [pipeline, createPort(`connector ${id}`)]));
  const component = definition.create(config as never, context, ports);
  return {
    key: `connector/${id}`,
    kind: 'connector',
    id,
    configured,
    component,
    ports,
    entry: component,
    started: () => {},
  };
}

export function extensionNode(configured: Configured<ExtensionDefinition>, context: ExtensionContext): Node {
  const { id, definition, config } = configured;
  return {
    key: `extension/${id}`,
    kind: 'extension',
    id,
    configured,
    component: definition.create(config as never, context),
    ports: new Map(),
    started: () => {},
  };
}
