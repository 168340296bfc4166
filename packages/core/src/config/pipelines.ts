import type { Signal } from '../batch.ts';
import { signals } from '../batch.ts';
import type { ConnectorDefinition } from '../definition.ts';
import type { Components } from './components.ts';
import type { Findings } from './findings.ts';
import { aKind, parseId, sectionOf } from './identifiers.ts';
import type { Configured, Kind, PipelineConfig } from './model.ts';
import { closest, listed, suggest } from './suggest.ts';
import type { Path } from './tree.ts';

type Side = 'receivers' | 'processors' | 'exporters';

/** Which kinds may stand on a side of a pipeline. */
const kindsOf: Readonly<Record<Side, readonly Kind[]>> = {
  receivers: ['receiver', 'connector'],
  processors: ['processor'],
  exporters: ['exporter', 'connector'],
};

interface Written {
  readonly receivers?: readonly string[];
  readonly processors?: readonly string[];
  readonly exporters?: readonly string[];
}

/** The pipelines of a config whose shape is right, each with what is wrong with it alone reported. */
export function checkPipelines(
  written: Readonly<Record<string, Written>>,
  components: Components,
  found: Findings,
): ReadonlyMap<string, PipelineConfig> {
  const pipelines = new Map<string, PipelineConfig>();
  for (const [id, { receivers = [], processors = [], exporters = [] }] of Object.entries(written)) {
    const path: Path = ['service', 'pipelines', id];
    const signal = signalOf(id, path, found);
    const pipeline = { id, receivers, processors, exporters };
    if (receivers.length === 0) missing('receivers', path, found);
    if (exporters.length === 0) missing('exporters', path, found);
    for (const side of ['receivers', 'processors', 'exporters'] as const) {
      for (const [index, component] of pipeline[side].entries()) {
        const place = {
          side,
          component,
          path: [...path, side, index],
          first: pipeline[side].indexOf(component) === index,
        };
        checkReference(place, { components, signal, found });
      }
    }
    if (signal) pipelines.set(id, { ...pipeline, signal });
  }
  return pipelines;
}

function signalOf(id: string, path: Path, found: Findings): Signal | undefined {
  const parsed = parseId(id);
  if (typeof parsed === 'string') {
    found.error(path, {
      at: 'key',
      message: `"${id}" is not a pipeline's id: ${parsed}`,
      hint: 'an id is signal or signal/name',
    });
    return undefined;
  }
  const signal = signals.find((one) => one === parsed.type);
  if (!signal)
    found.error(path, { at: 'key', message: `unknown signal "${parsed.type}"`, hint: suggest(parsed.type, signals) });
  return signal;
}

function missing(side: 'receivers' | 'exporters', path: Path, { raw, error }: Findings): void {
  const listPath = [...path, side];
  const at = raw.locate(listPath, 'key') ? listPath : path;
  error(at, { at: 'key', message: `the pipeline ${path.at(-1)} has no ${side}`, hint: 'it needs at least one' });
}

interface Reference {
  readonly side: Side;
  readonly component: string;
  readonly path: Path;
  readonly first: boolean;
}

interface Checking {
  readonly components: Components;
  readonly signal: Signal | undefined;
  readonly found: Findings;
}

function checkReference({ side, component, path, first }: Reference, { components, signal, found }: Checking): void {
  if (!first) {
    found.error(path, { message: `${component} is among the ${side} of ${path[2]} twice` });
    return;
  }
  const kind = kindsOf[side].find((one) => components[one].has(component));
  if (!kind) {
    if (kindsOf[side].some((one) => found.doubtful.has(sectionOf(one)))) return;
    found.error(path, {
      message: `there is no ${kindsOf[side].join(' or ')} "${component}"`,
      hint: referenceHint(side, component, components),
    });
    return;
  }
  const configured = components[kind].get(component);
  if (!configured || !signal) return;
  const taken = signalsOf(configured, side);
  if (taken.includes(signal)) return;
  const does = side === 'receivers' ? 'gives' : 'takes';
  found.error(path, { message: `${component} ${does} no ${signal}`, hint: `it ${does} ${listed(taken) || 'nothing'}` });
}

/** What a component can be given, or gives, on its side of a pipeline. */
function signalsOf({ definition }: Configured, side: Side): readonly Signal[] {
  switch (definition.kind) {
    case 'scraper':
      return definition.logs ? ['metrics', 'logs'] : ['metrics'];
    case 'extension':
      return [];
    case 'connector': {
      const pairs: ConnectorDefinition['signals'] = definition.signals;
      return side === 'receivers' ? [...new Set(Object.values(pairs).flat())] : signals.filter((one) => pairs[one]);
    }
    case 'receiver':
    case 'processor':
    case 'exporter':
      return definition.signals;
  }
}

function referenceHint(side: Side, component: string, components: Components): string {
  const kinds = kindsOf[side];
  const elsewhere = (Object.keys(components) as Kind[]).find((kind) => components[kind].has(component));
  if (elsewhere) return `${component} is ${aKind(elsewhere)}`;
  const configured = kinds.flatMap((kind) => [...components[kind].keys()]);
  const near = closest(component, configured);
  if (near !== undefined) return suggest(component, configured, 'Configured');
  return `add it: a key "${component}:" under "${sectionOf(kinds[0]!)}"${configured.length > 0 ? `. Configured: ${listed(configured)}` : ''}`;
}
