import type { AnyDefinition } from '../definition.ts';
import type { CheckedConfig, PipelineConfig } from './model.ts';

/** What of a config can run in several copies, each with its share of what comes in. */
export interface ParallelPart {
  /** The config with those pipelines alone. */
  readonly config: CheckedConfig;
  /** The other pipelines, each with the component for which it runs once. */
  readonly once: ReadonlyMap<string, string>;
}

/**
 * A pipeline can be copied where each of its components says that it is `parallel`, and its receivers and connectors join
 * it to no pipeline that cannot.
 */
export function parallelPart(config: CheckedConfig): ParallelPart {
  const pipelines = [...config.pipelines.values()];
  const definitionOf = (id: string): AnyDefinition | undefined =>
    (config.receivers.get(id) ?? config.connectors.get(id) ?? config.processors.get(id) ?? config.exporters.get(id))
      ?.definition;
  const isParallel = (id: string): boolean => {
    const definition = definitionOf(id);
    return definition !== undefined && 'parallel' in definition && definition.parallel === true;
  };

  const once = new Map<string, string>();
  for (const { id, receivers, processors, exporters } of pipelines) {
    const single = [...receivers, ...processors, ...exporters].find((component) => !isParallel(component));
    if (single !== undefined) once.set(id, single);
  }
  const joints = ({ receivers, exporters }: PipelineConfig): readonly string[] => [
    ...receivers,
    ...exporters.filter((id) => config.connectors.has(id)),
  ];
  for (let before = -1; before !== once.size; ) {
    before = once.size;
    const taken = new Set(pipelines.filter(({ id }) => once.has(id)).flatMap(joints));
    for (const pipeline of pipelines) {
      const shared = joints(pipeline).find((id) => taken.has(id));
      if (shared !== undefined && !once.has(pipeline.id)) once.set(pipeline.id, shared);
    }
  }

  const copied = new Map([...config.pipelines].filter(([id]) => !once.has(id)));
  const used = new Set([...copied.values()].flatMap((one) => [...one.receivers, ...one.processors, ...one.exporters]));
  const only = <C>(components: ReadonlyMap<string, C>): ReadonlyMap<string, C> =>
    new Map([...components].filter(([id]) => used.has(id)));
  const parts = {
    receivers: only(config.receivers),
    processors: only(config.processors),
    exporters: only(config.exporters),
    connectors: only(config.connectors),
  };
  const named = new Set(Object.values(parts).flatMap((part) => [...part.values()].flatMap((one) => one.extensions)));
  const extensions = new Map([...config.extensions].filter(([id]) => named.has(id)));
  return { config: { ...config, ...parts, extensions, pipelines: copied }, once };
}
