import type { Attributes, Scope } from '@millrace/core';
import type { Metric } from './metric.ts';
import { labelsKey } from './metric.ts';
import type { Labels } from './series.ts';

const prefix = 'otel_scope_';

/** https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#instrumentation-scope */
export interface ScopeEntry {
  readonly key: string;
  /** Which `otel_scope_info` is of it. */
  readonly infoKey: string;
  readonly own: Scope;
  /** With what `otel_scope_info` adds. The same object while that is the same. */
  scope: Scope;
  info: Labels | undefined;
  readonly metrics: Map<string, Metric>;
}

const saysScope = (labels: Labels): boolean => {
  for (const label in labels) if (label.startsWith(prefix)) return true;
  return false;
};

export interface Split {
  readonly entry: ScopeEntry;
  readonly rest: Labels;
}

export interface Scopes {
  /** The scope that the labels name, and the labels without it. */
  of(labels: Labels): Split;
  /** What an `otel_scope_info` says. */
  inform(labels: Labels): void;
  /** The page is over: scopes are what it said of them. */
  settle(): void;
  entries(): Iterable<ScopeEntry>;
  delete(entry: ScopeEntry): void;
}

export function createScopes(fallback: Scope): Scopes {
  const standard: ScopeEntry = entryOf('', fallback, '');
  const entries = new Map<string, ScopeEntry>([['', standard]]);
  let infos = new Map<string, Labels>();

  return {
    of(labels) {
      if (!saysScope(labels)) return { entry: standard, rest: labels };
      const { own, infoKey, rest } = split(labels);
      const key = JSON.stringify([infoKey, labelsKey((own.attributes ?? {}) as Labels)]);
      let entry = entries.get(key);
      if (!entry) {
        entry = entryOf(key, own, infoKey);
        entries.set(key, entry);
      }
      return { entry, rest };
    },
    inform(labels) {
      const { own, infoKey, rest } = split(labels);
      infos.set(infoKey, { ...(own.attributes as Labels), ...rest });
    },
    settle() {
      const said = infos;
      infos = new Map();
      for (const entry of entries.values()) {
        const info = said.get(entry.infoKey);
        if (sameLabels(info, entry.info)) continue;
        entry.info = info;
        entry.scope = info ? { ...entry.own, attributes: { ...info, ...entry.own.attributes } } : entry.own;
      }
    },
    entries: () => entries.values(),
    delete(entry) {
      if (entry !== standard) entries.delete(entry.key);
    },
  };
}

const entryOf = (key: string, own: Scope, infoKey: string): ScopeEntry => ({
  key,
  infoKey,
  own,
  scope: own,
  info: undefined,
  metrics: new Map(),
});

function split(labels: Labels): { readonly own: Scope; readonly infoKey: string; readonly rest: Labels } {
  const rest: Record<string, string> = {};
  const attributes: Record<string, string> = {};
  for (const [label, value] of Object.entries(labels))
    if (label.startsWith(prefix)) attributes[label.slice(prefix.length)] = value;
    else rest[label] = value;
  const { name = '', version, schema_url: schemaUrl, ...more } = attributes;
  const own: { -readonly [K in keyof Scope]: Scope[K] } = { name };
  if (version !== undefined) own.version = version;
  if (schemaUrl !== undefined) own.schemaUrl = schemaUrl;
  if (Object.keys(more).length > 0) own.attributes = more as Attributes;
  return { own, infoKey: JSON.stringify([name, version, schemaUrl]), rest };
}

function sameLabels(a: Labels | undefined, b: Labels | undefined): boolean {
  if (!a || !b) return a === b;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
