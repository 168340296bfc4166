import type { ConnectorDefinition } from '../definition.ts';
import type { Components } from './components.ts';
import type { Findings } from './findings.ts';
import { aKind } from './identifiers.ts';
import type { PipelineConfig } from './model.ts';
import { listed } from './suggest.ts';
import type { Path } from './tree.ts';

/** What spans pipelines: connectors join them in pairs of signals, and never in a circle. */
export function checkConnectors(pipelines: readonly PipelineConfig[], components: Components, found: Findings): void {
  for (const [id, configured] of components.connector) {
    for (const kind of ['receiver', 'exporter'] as const)
      if (components[kind].has(id))
        found.error(['connectors', id], {
          at: 'key',
          message: `"${id}" is both a connector and ${aKind(kind)}`,
          hint: `pipelines name both alike: give one a name, ${id}/name`,
        });
    if (configured) checkSides(id, { pipelines, pairs: (configured.definition as ConnectorDefinition).signals, found });
  }
  reportCycle(pipelines, components, found);
}

interface Joining {
  readonly pipelines: readonly PipelineConfig[];
  readonly pairs: ConnectorDefinition['signals'];
  readonly found: Findings;
}

function checkSides(id: string, { pipelines, pairs, found }: Joining): void {
  const ending = pipelines.filter(({ exporters }) => exporters.includes(id));
  const beginning = pipelines.filter(({ receivers }) => receivers.includes(id));
  const path: Path = ['connectors', id];
  const names = (some: readonly PipelineConfig[]): string => listed(some.map((pipeline) => pipeline.id));
  if (ending.length > 0 && beginning.length === 0)
    found.error(path, {
      at: 'key',
      message: `the connector ${id} begins no pipeline`,
      hint: `${names(ending)} ends in it: name it among the receivers of another`,
    });
  if (beginning.length > 0 && ending.length === 0)
    found.error(path, {
      at: 'key',
      message: `no pipeline ends in the connector ${id}`,
      hint: `it begins ${names(beginning)}: name it among the exporters of another`,
    });
  if (ending.length === 0 || beginning.length === 0) return;

  const joined = (from: PipelineConfig, to: PipelineConfig): boolean =>
    pairs[from.signal]?.includes(to.signal) ?? false;
  for (const from of ending) {
    if (!pairs[from.signal] || beginning.some((to) => joined(from, to))) continue;
    const gives = listed(pairs[from.signal]!);
    found.error(['service', 'pipelines', from.id, 'exporters', from.exporters.indexOf(id)], {
      message: `${id} makes no ${[...new Set(beginning.map(({ signal }) => signal))].join(' or ')} of ${from.signal}`,
      hint: `it makes ${gives}; it begins ${names(beginning)}`,
    });
  }
  for (const to of beginning) {
    if (ending.some((from) => joined(from, to) || !pairs[from.signal])) continue;
    if (!Object.values(pairs).some((given) => given.includes(to.signal))) continue;
    found.error(['service', 'pipelines', to.id, 'receivers', to.receivers.indexOf(id)], {
      message: `${id} makes no ${to.signal} of what ends in it: ${names(ending)}`,
      hint: `it makes ${Object.entries(pairs)
        .map(([from, given]) => `${listed(given)} of ${from}`)
        .join(', ')}`,
    });
  }
}

/** Names one circle, whole. */
function reportCycle(pipelines: readonly PipelineConfig[], components: Components, found: Findings): void {
  const nexts = (from: PipelineConfig): readonly { readonly via: string; readonly to: PipelineConfig }[] =>
    from.exporters.flatMap((via) => {
      const definition = components.connector.get(via)?.definition as ConnectorDefinition | undefined;
      const given = definition?.signals[from.signal] ?? [];
      return pipelines
        .filter(({ receivers, signal }) => receivers.includes(via) && given.includes(signal))
        .map((to) => ({ via, to }));
    });

  const done = new Set<PipelineConfig>();
  const trail: { readonly pipeline: PipelineConfig; readonly via: string }[] = [];
  function visit(pipeline: PipelineConfig): boolean {
    if (done.has(pipeline)) return false;
    for (const { via, to } of nexts(pipeline)) {
      trail.push({ pipeline, via });
      const start = trail.findIndex((step) => step.pipeline === to);
      if (start >= 0) {
        const circle = trail.slice(start).flatMap((step) => [step.pipeline.id, step.via]);
        found.error(['service', 'pipelines', pipeline.id, 'exporters', pipeline.exporters.indexOf(via)], {
          message: `the pipelines run in a circle: ${[...circle, to.id].join(' → ')}`,
          hint: 'data would go round for ever: take a connector out of one of them',
        });
        return true;
      }
      if (visit(to)) return true;
      trail.pop();
    }
    done.add(pipeline);
    return false;
  }
  pipelines.some(visit);
}
