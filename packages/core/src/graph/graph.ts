import type { Clock, CollectorStatus, Commands, Logger } from '../component.ts';
import type { CheckedConfig } from '../config/model.ts';
import { orAbort } from '../delivery/abort.ts';
import { describeError } from '../errors.ts';
import { commandsOf } from './commands.ts';
import type { Node, ContextFor } from './node.ts';
import { type Plan, planGraph } from './plan.ts';
import { start, type Starting } from './start.ts';

export interface Graph {
  readonly nodes: ReadonlyMap<string, Node>;
  /** Brings the graph to this config: the first, or another. Rejects and leaves what was running if it cannot be. */
  apply(config: CheckedConfig): Promise<void>;
  /** Receivers stop taking, then processors flush, then exporters deliver what they hold, all within the signal's deadline. */
  shutdown(signal: AbortSignal): Promise<void>;
  status(): CollectorStatus;
  readonly commands: Commands;
}

/** How long a component that a reload replaces may take to end what it is doing. */
const replaceMs = 5_000;

const stopOrder = ['receiver', 'processor', 'connector', 'exporter', 'extension'] as const;

export function createGraph(context: ContextFor, { clock, log }: { clock: Clock; log: Logger }): Graph {
  let current: CheckedConfig | undefined;
  let nodes: ReadonlyMap<string, Node> = new Map();
  const starting = new Map<Node, Starting>();

  async function stop(node: Node, signal: AbortSignal): Promise<void> {
    await starting.get(node)?.cancel();
    starting.delete(node);
    try {
      const ended = (async () => {
        await node.edge?.drain(signal);
        await node.component.shutdown?.(signal);
      })();
      await orAbort(ended, signal);
    } catch (error) {
      log.warn({ component: node.key, error: describeError(error) }, 'A component did not shut down cleanly.');
    }
  }

  /** Stops nodes kind by kind, upstream first; those of a kind together, but processors one after the other down their pipelines. */
  async function stopAll(stopped: readonly Node[], signal: AbortSignal): Promise<void> {
    for (const kind of stopOrder) {
      const group = stopped.filter((node) => node.kind === kind).toReversed();
      if (kind === 'processor' || kind === 'connector') for (const node of group) await stop(node, signal);
      else await Promise.all(group.map((node) => stop(node, signal)));
    }
  }

  async function startAll(started: readonly Node[]): Promise<void> {
    for (const node of started) {
      const begun = start(node, { clock, log });
      starting.set(node, begun);
      await begun.settled;
    }
  }

  /** Swaps the running nodes for the plan's. If it rejects, `nodes` holds all that is left running. */
  async function swap(plan: Plan, timeoutMs: number): Promise<void> {
    const fresh = [...plan.nodes.values()].filter((node) => nodes.get(node.key) !== node);
    const gone = [...nodes.values()].filter((node) => plan.nodes.get(node.key) !== node);
    const isReplaced = ({ key }: Node): boolean => plan.nodes.has(key);
    const flows = ({ kind }: Node): boolean => kind === 'receiver' || kind === 'processor' || kind === 'connector';
    const additions = fresh.filter((node) => !nodes.has(node.key) && !flows(node));
    const deadline = AbortSignal.timeout(replaceMs);

    // What needs nobody's place starts before anything that runs is touched.
    const before = nodes;
    nodes = new Map([...before, ...additions.map((node) => [node.key, node] as const)]);
    await startAll(additions);

    // The flow of the old stops from its source down, into exporters that are still there.
    await stopAll(gone.filter(flows), deadline);
    const ports = [...plan.nodes.values(), ...gone].flatMap((node) => [...node.ports.values()]);
    for (const port of ports) port.pause();
    const rest = gone.filter((node) => !flows(node));
    const removed = rest.filter((node) => !isReplaced(node));
    try {
      const inStopOrder = (a: Node, b: Node): number => stopOrder.indexOf(a.kind) - stopOrder.indexOf(b.kind);
      for (const node of rest.filter(isReplaced).sort(inStopOrder)) {
        const held = (await node.edge?.release(deadline)) ?? [];
        await stop(node, deadline);
        plan.nodes.get(node.key)?.edge?.adopt(held);
      }
      plan.connect();
      nodes = new Map([...removed.map((node) => [node.key, node] as const), ...plan.nodes]);
      await startAll(fresh.filter((node) => !additions.includes(node)));
      nodes = plan.nodes;
    } finally {
      for (const port of ports) port.resume();
    }
    void stopAll(removed, AbortSignal.timeout(timeoutMs)); // drains behind
    for (const node of plan.nodes.values()) if (before.get(node.key) === node) await reread(node);
  }

  async function reread(node: Node): Promise<void> {
    try {
      await node.component.reload?.();
    } catch (error) {
      log.warn({ component: node.key, error: describeError(error) }, 'A component could not read its files again.');
    }
  }

  const hasStarted = (node: Node): boolean => starting.get(node)?.started() ?? false;

  return {
    get nodes() {
      return nodes;
    },
    commands: commandsOf(() => [...nodes.values()].filter((node) => node.kind === 'receiver' && hasStarted(node))),
    status() {
      const waiting = [...starting].filter(([node]) => !hasStarted(node) && nodes.get(node.key) === node);
      const exporters = [...nodes.values()].flatMap(({ key, edge }) => (edge ? [[key, edge.status()] as const] : []));
      return {
        ready: current !== undefined && waiting.length === 0,
        starting: new Map(waiting.map(([{ key }, { lastError }]) => [key, lastError() ?? 'it is starting'])),
        exporters: new Map(exporters),
      };
    },
    async apply(config) {
      const fallback = current;
      const plan = planGraph(config, context, nodes);
      try {
        await swap(plan, config.telemetry.shutdown_timeout);
        current = config;
      } catch (error) {
        if (fallback) await swap(planGraph(fallback, context, nodes), fallback.telemetry.shutdown_timeout);
        else await stopAll([...nodes.values()], AbortSignal.timeout(replaceMs));
        if (!fallback) nodes = new Map();
        throw error;
      }
    },
    async shutdown(signal) {
      await stopAll([...nodes.values()], signal);
      nodes = new Map();
      current = undefined;
    },
  };
}
