import type { AnyValue, Attributes, HrTime, LogRecord, Resource, Scope } from '@millrace/core';
import { nanoseconds, valueText } from '@millrace/core';
import { hostOf } from '../map/host.ts';
import { resourceTags } from '../map/resource-tags.ts';

/** One log as Datadog takes it: its own names, and whatever else as attributes. */
export interface Entry {
  message: string;
  ddsource: string;
  [key: string]: unknown;
}

export interface EntryConfig {
  readonly tags: readonly string[];
  /** The host of what does not say where it arose. */
  readonly hostname: string;
}

export interface Origin {
  readonly resource: Resource;
  readonly scope: Scope;
}

/** What Datadog's own translation of OTLP logs says; an attribute `ddsource` says better. */
const defaultSource = 'otlp_log_ingestion';
const deepest = 10;

/**
 * Makes entries by the rules of Datadog's own translation of OTLP logs
 * (https://github.com/DataDog/datadog-agent/blob/main/pkg/opentelemetry-mapping-go/otlp/logs/transform.go): attributes that
 * have a meaning there get their place, the others stay attributes, those of the resource above those of the record.
 */
export function entryMaker({ tags, hostname }: EntryConfig): (record: LogRecord, origin: Origin) => Entry {
  const known = new WeakMap<Attributes, Part>();
  const partOf = ({ attributes }: Resource): Part => {
    let part = known.get(attributes);
    if (!part) {
      part = resourcePart(attributes, tags);
      known.set(attributes, part);
    }
    return part;
  };
  return (record, { resource, scope }) => {
    const part = partOf(resource);
    const entry: Entry = { message: '', ddsource: defaultSource };
    entry['ddtags'] = part.tags;
    // '' is a resource that does not say; undefined one that is on no host.
    entry['hostname'] = part.host === '' ? hostOf(record.attributes, hostname) : part.host;
    entry['service'] = part.service ?? text(record.attributes['service.name']);
    for (const [key, value] of Object.entries(record.attributes))
      if (value !== undefined) place(entry, key, value, record.attributes);
    Object.assign(entry, part.attributes);
    describeScope(entry, scope);
    describeTrace(entry, record);
    describeSeverity(entry, record);
    describeTime(entry, record.time ?? record.observedTime);
    if (record.eventName) entry['otel.event_name'] = record.eventName;
    if (entry.message === '' && record.body !== undefined) entry.message = valueText(record.body);
    return entry;
  };
}

interface Part {
  readonly host: string | undefined;
  readonly service: string | undefined;
  readonly tags: string | undefined;
  readonly attributes: Readonly<Record<string, string>>;
}

const text = (value: AnyValue | undefined): string | undefined => (value === undefined ? undefined : valueText(value));
const reserved = new Set(['hostname', 'service', 'message', 'ddtags']);

function resourcePart(resource: Attributes, tags: readonly string[]): Part {
  const attributes: Record<string, string> = {};
  for (const [key, value] of Object.entries(resource)) {
    if (value === undefined) continue;
    const scopeKey = scopeAliases.get(key);
    if (scopeKey === undefined) attributes[reserved.has(key) ? `otel.${key}` : key] = valueText(value);
    else if (resource[scopeKey] === undefined) attributes[scopeKey] = valueText(value);
  }
  return {
    host: hostOf(resource, ''),
    service: text(resource['service.name']),
    tags: [...tags, ...resourceTags(resource)].join(',') || undefined,
    attributes,
  };
}

/** Names from before OpenTelemetry called it a scope. */
const scopeAliases: ReadonlyMap<string, string> = new Map([
  ['otel.library.name', 'otel.scope.name'],
  ['otel.library.version', 'otel.scope.version'],
]);

function place(entry: Entry, key: string, value: AnyValue, all: Attributes): void {
  const scopeKey = scopeAliases.get(key);
  if (scopeKey !== undefined) {
    if (all[scopeKey] === undefined) entry[scopeKey] = valueText(value);
    return;
  }
  switch (key.toLowerCase()) {
    case 'msg':
    case 'message':
    case 'log':
      entry.message = valueText(value);
      return;
    case 'status':
    case 'severity':
    case 'level':
    case 'syslog.severity':
      entry['status'] = valueText(value);
      return;
    case 'traceid':
    case 'trace_id':
    case 'contextmap.traceid':
    case 'oteltraceid':
      identify(entry, 'trace_id', { id: valueText(value), digits: 32 });
      return;
    case 'spanid':
    case 'span_id':
    case 'contextmap.spanid':
    case 'otelspanid':
      identify(entry, 'span_id', { id: valueText(value), digits: 16 });
      return;
    case 'ddtags':
      entry['ddtags'] = [entry['ddtags'], valueText(value)].filter(Boolean).join(',');
      return;
    default:
      flatten(entry, { key, value, depth: 1 });
  }
}

/** Datadog's ids are the low 64 bits, in decimal. What is no id is left out. */
function identify(
  entry: Entry,
  name: 'trace_id' | 'span_id',
  { id, digits }: { readonly id: string; readonly digits: number },
): void {
  if (id.length !== digits || !/^[0-9a-f]+$/i.test(id)) return;
  entry[`dd.${name}`] = String(BigInt(`0x${id.slice(-16)}`));
  entry[`otel.${name}`] = id;
}

function flatten(into: Record<string, unknown>, { key, value, depth }: Nested): void {
  if (!isMap(value) || depth === deepest) {
    into[key] = plain(value, depth);
    return;
  }
  for (const [name, inner] of Object.entries(value))
    if (inner !== undefined)
      flatten(into, { key: key === '' ? name : `${key}.${name}`, value: inner, depth: depth + 1 });
}

interface Nested {
  readonly key: string;
  readonly value: AnyValue;
  readonly depth: number;
}

const isMap = (value: AnyValue): value is { readonly [key: string]: AnyValue } =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);

function plain(value: AnyValue, depth: number): unknown {
  if (Array.isArray(value) && depth < deepest)
    return (value as readonly AnyValue[]).map((one) => {
      if (!isMap(one)) return plain(one, depth + 1);
      const inner: Record<string, unknown> = {};
      flatten(inner, { key: '', value: one, depth: depth + 1 });
      return inner;
    });
  if (typeof value === 'bigint') return String(value); // A number in JSON would not be exact.
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  return typeof value === 'object' ? valueText(value) : value;
}

function describeScope(entry: Entry, { name, version, attributes }: Scope): void {
  for (const [key, value] of Object.entries(attributes ?? {})) if (value !== undefined) entry[key] = valueText(value);
  if (name) entry['otel.scope.name'] ??= name;
  if (version) entry['otel.scope.version'] ??= version;
}

function describeTrace(entry: Entry, { traceId, spanId }: LogRecord): void {
  if (traceId) identify(entry, 'trace_id', { id: traceId, digits: 32 });
  if (spanId) identify(entry, 'span_id', { id: spanId, digits: 16 });
}

/** https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber: four numbers each. */
const statuses = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

function describeSeverity(entry: Entry, { severityText, severityNumber }: LogRecord): void {
  if (severityText) {
    entry['status'] ??= severityText;
    entry['otel.severity_text'] = severityText;
  }
  if (severityNumber) {
    entry['status'] ??= statuses[Math.floor((severityNumber - 1) / 4)] ?? 'error';
    entry['otel.severity_number'] = String(severityNumber);
  }
}

function describeTime(entry: Entry, time: HrTime): void {
  const [seconds, nanos] = time;
  if (seconds === 0 && nanos === 0) return;
  entry['otel.timestamp'] = String(nanoseconds(time));
  const date = new Date(seconds * 1000 + Math.floor(nanos / 1e6));
  if (!Number.isNaN(date.getTime())) entry['@timestamp'] = date.toISOString();
}
