import { checkComponents, checkNamedExtensions, type Components, type Finder } from './components.ts';
import { checkConnectors } from './connectors.ts';
import { ConfigError, sortDiagnostics } from './diagnostics.ts';
import { checkExclusive } from './exclusive.ts';
import { type Findings, findings, mapAt } from './findings.ts';
import { kinds, sectionOf } from './identifiers.ts';
import type { RawConfig } from './load.ts';
import { hideSecrets } from './mask.ts';
import type { CheckedConfig, Configured, Kind } from './model.ts';
import { checkPipelines } from './pipelines.ts';
import { explain } from './schema-errors.ts';
import { serviceSchema, telemetryOf } from './service.ts';
import { shape } from './shape.ts';
import { closest, suggest } from './suggest.ts';
import { validate } from './validate.ts';
import { parallelPart } from './workers.ts';

const topLevel = [...kinds.map(sectionOf), 'service', 'plugins'];

/**
 * Checks all of a config against what is installed, fills in defaults and converts units. Throws a ConfigError with
 * everything that is wrong.
 */
export async function checkConfig(raw: RawConfig, plugins: Finder): Promise<CheckedConfig> {
  const found = findings(raw);
  const root = mapAt([], raw.value, found) ?? {};
  for (const key of Object.keys(root)) if (!topLevel.includes(key)) unknownKey(key, found);
  checkPlugins(root['plugins'], found);
  const components = await checkComponents(root, plugins, found);
  const service = checkService(root['service'], found);
  const pipelines = checkPipelines(service.pipelines ?? {}, components, found);
  checkConnectors([...pipelines.values()], components, found);
  checkExtensions(service.extensions ?? [], components, found);
  checkNamedExtensions(components, service.extensions ?? [], found);
  const used = usedOf([...pipelines.values()], service.extensions ?? []);
  const telemetry = telemetryOf(service as Readonly<Record<string, unknown>>);
  checkExclusive({ components, used }, telemetry, found);
  if (found.diagnostics.length > 0)
    throw new ConfigError(
      sortDiagnostics(found.diagnostics.map((diagnostic) => hideSecrets(diagnostic, found.secrets))),
    );

  warnOfUnused(components, used, found);
  // Nothing is wrong: every component is there, and of its kind.
  const all = (kind: Kind) => components[kind] as ReadonlyMap<string, Configured<never, never>>;
  const { workers = 1 } = service;
  const config: CheckedConfig = {
    receivers: all('receiver'),
    processors: all('processor'),
    exporters: all('exporter'),
    connectors: all('connector'),
    extensions: new Map((service.extensions ?? []).map((id) => [id, all('extension').get(id)!])),
    pipelines,
    telemetry,
    workers,
    files: raw.files,
    warnings: found.warnings,
  };
  if (workers > 1)
    for (const [id, component] of parallelPart(config).once)
      found.warn(
        ['service', 'pipelines', id],
        `the pipeline ${id} runs once, not in ${workers} workers, because of ${component}`,
      );
  return config;
}

function unknownKey(key: string, { error, doubtful }: Findings): void {
  error([key], { at: 'key', message: `unknown key "${key}"`, hint: suggest(key, topLevel) });
  const meant = closest(key, topLevel);
  if (meant !== undefined) doubtful.add(meant);
}

function checkPlugins(value: unknown, found: Findings): void {
  if (value === undefined || value === null) return;
  const hint = 'write package names, or paths to .js or .ts files: [millrace-receiver-foo, ./my-receiver.ts]';
  if (!Array.isArray(value)) found.error(['plugins'], { message: 'plugins must be a list', hint });
  else
    for (const [index, plugin] of value.entries())
      if (typeof plugin !== 'string' || plugin === '')
        found.error(['plugins', index], { message: `plugins[${index}] must be a package's name or a path`, hint });
}

interface Service {
  readonly extensions?: readonly string[];
  readonly workers?: number;
  readonly pipelines?: Parameters<typeof checkPipelines>[0];
}

/** Empty where its shape is wrong; that has been reported. */
function checkService(value: unknown, found: Findings): Service {
  const { raw, secrets } = found;
  const path = ['service'];
  const written = mapAt(path, value, found);
  if (!written) return {};
  const input = shape({ ...serviceSchema, type: 'object', description: '' }, written, {
    raw,
    path,
    secrets,
  }) as Service;
  const violations = validate(serviceSchema, input);
  for (const violation of violations) found.diagnostics.push(explain(violation, { raw, base: path, secrets }));
  if (violations.length > 0) return {};
  checkReaders(input as Readonly<Record<string, unknown>>, found);
  if (Object.keys(input.pipelines ?? {}).length === 0 && !found.doubtful.has('service')) {
    const at = raw.locate(['service', 'pipelines'], 'key') ? ['service', 'pipelines'] : ['service'];
    const hint = 'service: { pipelines: { metrics: { receivers: […], exporters: […] } } }';
    found.error(at, { at: 'key', message: 'there is no pipeline in service.pipelines', hint });
  }
  return input;
}

function checkReaders(service: Readonly<Record<string, unknown>>, found: Findings): void {
  const { telemetry } = service as { telemetry?: { metrics?: { readers?: readonly object[] } } };
  for (const [index, reader] of (telemetry?.metrics?.readers ?? []).entries())
    if (Object.keys(reader).length !== 1)
      found.error(['service', 'telemetry', 'metrics', 'readers', index], {
        message: `a reader is either pull or periodic; this one is ${Object.keys(reader).length === 0 ? 'neither' : 'both'}`,
        hint: 'write two readers for both',
      });
}

function checkExtensions(ids: readonly string[], { extension }: Components, { error, doubtful }: Findings): void {
  for (const [index, id] of ids.entries()) {
    const path = ['service', 'extensions', index];
    if (ids.indexOf(id) !== index) error(path, { message: `${id} is among the extensions twice` });
    else if (!extension.has(id) && !doubtful.has('extensions')) {
      const configured = [...extension.keys()];
      const hint =
        configured.length > 0 ? suggest(id, configured, 'Configured') : `add it: a key "${id}:" under "extensions"`;
      error(path, { message: `there is no extension "${id}"`, hint });
    }
  }
}

/** Ids by their kind. */
type Used = Readonly<Record<Kind, ReadonlySet<string>>>;

interface Uses {
  readonly receivers: readonly string[];
  readonly processors: readonly string[];
  readonly exporters: readonly string[];
}

function usedOf(pipelines: readonly Uses[], extensions: readonly string[]): Used {
  return {
    receiver: new Set(pipelines.flatMap(({ receivers }) => receivers)),
    processor: new Set(pipelines.flatMap(({ processors }) => processors)),
    exporter: new Set(pipelines.flatMap(({ exporters }) => exporters)),
    connector: new Set(pipelines.flatMap(({ receivers, exporters }) => [...receivers, ...exporters])),
    extension: new Set(extensions),
  };
}

function warnOfUnused(components: Components, used: Used, found: Findings): void {
  for (const kind of kinds)
    for (const id of components[kind].keys())
      if (!used[kind].has(id))
        found.warn(
          [sectionOf(kind), id],
          `the ${kind} ${id} is configured, and ${kind === 'extension' ? 'not in service.extensions' : 'no pipeline uses it'}`,
        );
}
