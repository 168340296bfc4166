import type { Batch, Signal } from '../batch.ts';
import type { CheckedConfig, Configured, PipelineConfig } from '../config/model.ts';
import { type AdmittingConsumer, fanOut } from '../delivery/fanout.ts';
import { NoPipelineError } from '../errors.ts';
import { noExtension } from '../standalone.ts';
import type { Outlet } from './port.ts';
import {
  connectorNode,
  exporterNode,
  extensionNode,
  type Node,
  type ContextFor,
  processorNode,
  receiverNode,
} from './node.ts';

/** The components of a config in the order in which they start, and how to connect them. */
export interface Plan {
  /** Extensions, then downstream before upstream, receivers last. */
  readonly nodes: ReadonlyMap<string, Node>;
  /** Points every port at its consumers in this plan. */
  connect(): void;
}

/** Creates what is new or changed, and takes over from `running` what is not. Nothing is started, connected or stopped. */
export function planGraph(config: CheckedConfig, contextFor: ContextFor, running: ReadonlyMap<string, Node>): Plan {
  const nodes = new Map<string, Node>();
  const context: ContextFor = (kind, id) => ({
    ...contextFor(kind, id),
    // Asked for when the component works, so an extension may name one that stands after it.
    extension: (named) => extension(nodes, named)?.component ?? noExtension(named),
  });
  const connections: (() => void)[] = [];

  function place(key: string, configured: Configured, create: () => Node, fits = (_old: Node) => true): Node {
    const old = running.get(key);
    const sameExtensions = configured.extensions.every(
      (named) => extension(running, named) === extension(nodes, named),
    );
    const node = old && sameExtensions && unchanged(old.configured, configured) && fits(old) ? old : create();
    nodes.set(key, node);
    return node;
  }
  const join = (node: Node, port: string, next: Outlet): void =>
    void connections.push(() => node.ports.get(port)!.connect(next));

  for (const configured of config.extensions.values())
    place(`extension/${configured.id}`, configured, () =>
      extensionNode(configured, context('extension', configured.id)),
    );

  const pipelines = [...config.pipelines.values()];
  const exporters = new Set(pipelines.flatMap((pipeline) => pipeline.exporters));
  for (const configured of config.exporters.values())
    if (exporters.has(configured.id))
      place(`exporter/${configured.id}`, configured, () =>
        exporterNode(configured, context('exporter', configured.id)),
      );

  const heads = new Map<string, AdmittingConsumer>();
  for (const pipeline of downstreamFirst(pipelines, config)) {
    // Connectors among the exporters were placed with the pipelines they begin, which come first.
    const ends = pipeline.exporters.map((id) => (nodes.get(`exporter/${id}`) ?? nodes.get(`connector/${id}`))!.entry!);
    let next = fanOut(ends);
    for (const id of pipeline.processors.toReversed()) {
      const configured = config.processors.get(id)!;
      const node = place(`processor/${id}@${pipeline.id}`, configured, () =>
        processorNode(configured, pipeline.id, context('processor', id)),
      );
      join(node, '', next);
      next = node.entry!;
    }
    heads.set(pipeline.id, next);

    for (const id of pipeline.receivers) {
      const configured = config.connectors.get(id);
      if (!configured || nodes.has(`connector/${id}`)) continue;
      const begun = pipelines.filter(({ receivers }) => receivers.includes(id)).map((begins) => begins.id);
      if (!begun.every((begins) => heads.has(begins))) continue; // placed with the last of them
      // A connector is given the pipelines that it begins when it is made.
      const beginsThese = ({ ports }: Node): boolean =>
        ports.size === begun.length && begun.every((begins) => ports.has(begins));
      const create = (): Node => connectorNode(configured, begun, context('connector', id));
      const node = place(`connector/${id}`, configured, create, beginsThese);
      for (const begins of begun) join(node, begins, heads.get(begins)!);
    }
  }

  for (const configured of config.receivers.values()) {
    const fed = pipelines.filter(({ receivers }) => receivers.includes(configured.id));
    if (fed.length === 0) continue;
    const node = place(`receiver/${configured.id}`, configured, () =>
      receiverNode(configured, context('receiver', configured.id)),
    );
    join(node, '', bySignal(configured.id, fed, heads));
  }
  return { nodes, connect: () => connections.forEach((connect) => connect()) };
}

const extension = (nodes: ReadonlyMap<string, Node>, id: string): Node | undefined => nodes.get(`extension/${id}`);

const unchanged = (old: Configured, now: Configured): boolean =>
  old.definition === now.definition && settings(old) === settings(now);

const settings = ({ config, host }: Configured): string => JSON.stringify([config, host]);

/** The pipelines ordered so that what a connector begins comes before what it ends. The config check has refused cycles. */
function downstreamFirst(pipelines: readonly PipelineConfig[], { connectors }: CheckedConfig): PipelineConfig[] {
  const ordered = new Set<PipelineConfig>();
  const visit = (pipeline: PipelineConfig): void => {
    if (ordered.has(pipeline)) return;
    for (const id of pipeline.exporters)
      if (connectors.has(id)) pipelines.filter(({ receivers }) => receivers.includes(id)).forEach(visit);
    ordered.add(pipeline);
  };
  pipelines.forEach(visit);
  return [...ordered];
}

/** The pipelines that a receiver feeds, each batch to those of its signal. */
function bySignal(
  id: string,
  pipelines: readonly PipelineConfig[],
  heads: ReadonlyMap<string, AdmittingConsumer>,
): Outlet {
  const routes = new Map<Signal, AdmittingConsumer>();
  for (const [signal, group] of Map.groupBy(pipelines, (pipeline) => pipeline.signal))
    routes.set(signal, fanOut(group.map((pipeline) => heads.get(pipeline.id)!)));
  return {
    takes: (signal) => routes.has(signal),
    admit: (batch, signal) => routes.get(batch.signal)?.admit?.(batch, signal),
    async consume(batch: Batch, signal) {
      const route = routes.get(batch.signal);
      if (!route) throw new NoPipelineError(`no pipeline takes ${batch.signal} from ${id}`);
      await route.consume(batch, signal);
    },
  };
}
