import type { Context, LogRecord, LogsBatch, Resource, ResourceLogs, Scope, ScopeLogs } from '@millrace/core';
import { attributesKey, describeError, dropCounter, logsBatch } from '@millrace/core';
import type { Chain, Entry, OperatorConfig } from '@millrace/log-operators';
import { compileOperators } from '@millrace/log-operators';

export interface Transformed {
  /** Without resources where nothing is left. */
  readonly batch: LogsBatch;
  /** Counts what was left out and what could not be processed. */
  count(): void;
}

type Counts = Map<string, number>;

const add = (counts: Counts, key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1);

export function createTransform(
  operators: readonly OperatorConfig[],
  context: Context,
): (batch: LogsBatch) => Transformed {
  const { id, log, meter, clock } = context;
  const dropped = dropCounter(context);
  const errors = meter.createCounter('millrace_operator_errors', {
    unit: '{record}',
    description: 'Records that an operator could not process.',
  });
  const told = new Set<string>();
  // Those of the batch that is being transformed, which is done at once.
  let failures: Counts = new Map();
  let drops: Counts = new Map();

  const compiled = compileOperators(operators, {
    now: () => clock.now(),
    filtered: () => add(drops, 'filtered'),
    failed(operator, fate, error) {
      add(failures, operator);
      const isLost = fate.startsWith('drop');
      if (isLost) add(drops, 'operator_error');
      if (told.has(operator)) return;
      told.add(operator);
      log[fate.endsWith('quiet') ? 'debug' : 'warn'](
        { operator, error: describeError(error) },
        `An operator cannot process a record, which ${isLost ? 'is left out' : 'goes on as it is'}. Further ones are only counted.`,
      );
    },
  });

  return (batch) => {
    failures = new Map();
    drops = new Map();
    const transformed = logsBatch(transformResources(batch.resourceLogs, compiled.createChain), batch.metadata);
    const [failed, left] = [failures, drops];
    return {
      batch: transformed,
      count() {
        for (const [operator, records] of failed) errors.add(records, { component: id, operator });
        for (const [reason, records] of left) dropped(records, reason);
      },
    };
  };
}

/** A record on its way, and where it came from. */
interface Source {
  readonly record: LogRecord;
  readonly resource: Resource;
  readonly scope: Scope;
}

function transformResources(
  resourceLogs: readonly ResourceLogs[],
  createChain: (out: (entry: Entry) => void) => Chain,
): readonly ResourceLogs[] {
  const sources: Source[] = [];
  const output = createOutput();
  const chain = createChain((entry) => output.add(entry, sources[entry.start]!));
  for (const { resource, scopeLogs } of resourceLogs)
    for (const { scope, logRecords } of scopeLogs)
      for (const record of logRecords) {
        sources.push({ record, resource, scope });
        chain.process(entryOf(record, { resource, scope, at: sources.length - 1 }));
      }
  // Nothing waits for a batch to come.
  chain.flush(Number.POSITIVE_INFINITY);
  return output.resourceLogs;
}

function entryOf(
  { body = null, attributes, time, severityNumber, severityText, traceId, spanId, flags }: LogRecord,
  { resource, scope, at }: { readonly resource: Resource; readonly scope: Scope; readonly at: number },
): Entry {
  const own: Entry['attributes'] = {};
  for (const key in attributes) if (attributes[key] !== undefined) own[key] = attributes[key];
  return {
    body,
    attributes: own,
    resource: resource.attributes,
    time,
    severityNumber,
    severityText,
    scopeName: scope.name,
    traceId,
    spanId,
    flags,
    start: at,
    end: at + 1,
  };
}

interface Output {
  readonly resourceLogs: readonly ResourceLogs[];
  add(entry: Entry, source: Source): void;
}

/** Puts records together that have the same resource and scope, in the order in which they come. */
function createOutput(): Output {
  const resourceLogs: ResourceLogs[] = [];
  const byResource = new Map<Resource, (scope: Scope) => LogRecord[]>();
  const changed = new Map<string, Resource>();
  const renamed = new Map<string, Scope>();

  // An operator that changes a resource makes an object of its own for each record.
  function resourceOf({ resource: attributes }: Entry, { resource }: Source): Resource {
    if (attributes === resource.attributes) return resource;
    return entry(changed, attributesKey(attributes), () => ({ ...resource, attributes }));
  }

  function scopeOf({ scopeName = '' }: Entry, { scope }: Source): Scope {
    if (scopeName === scope.name) return scope;
    return entry(renamed, scopeName, () => ({ ...scope, name: scopeName }));
  }

  function recordsOf(resource: Resource): (scope: Scope) => LogRecord[] {
    const scopeLogs: ScopeLogs[] = [];
    const byScope = new Map<Scope, LogRecord[]>();
    resourceLogs.push({ resource, scopeLogs });
    return (scope) =>
      entry(byScope, scope, () => {
        const logRecords: LogRecord[] = [];
        scopeLogs.push({ scope, logRecords });
        return logRecords;
      });
  }

  return {
    resourceLogs,
    add(from, source) {
      const resource = resourceOf(from, source);
      const records = entry(byResource, resource, () => recordsOf(resource));
      records(scopeOf(from, source)).push(recordOf(from, source.record));
    },
  };
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}

function recordOf(entry: Entry, record: LogRecord): LogRecord {
  const { body, attributes, time, severityNumber, severityText, traceId, spanId, flags } = entry;
  return { ...record, body, attributes, time, severityNumber, severityText, traceId, spanId, flags };
}
