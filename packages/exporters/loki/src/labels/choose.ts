import type { AnyValue, Attributes, LogRecord } from '@millrace/core';
import { valueText } from '@millrace/core';
import type { Config } from '../config.ts';
import { attributeAt, hint, hinted } from './hints.ts';
import type { Label } from './label.ts';
import { levelOf } from './level.ts';
import { labelName } from './name.ts';

type Named = readonly (readonly [name: string, attribute: string])[];

/** Which labels are chosen: of a resource, which are the same for its records, and of a record. */
export interface Chooser {
  ofResource(attributes: Attributes): readonly Label[];
  /** Adds to `into` what the record has besides. */
  ofRecord(record: LogRecord, resource: Attributes, into: Label[]): void;
}

const defaults = ['exporter', 'job', 'instance', 'level'] as const;

/** The labels of the collector's exporter that are on: all, unless `labels` says which there are. */
export const defaultLabels = (config: Config): readonly string[] =>
  defaults.filter((name) => config.default_labels_enabled[name] ?? config.labels === undefined);

export function createChooser(config: Config): Chooser {
  const on = new Set(defaultLabels(config));
  const constant: Label[] = Object.entries(config.labels?.static ?? {}).map(([name, value]) => ({ name, value }));
  if (on.has('exporter')) constant.push({ name: 'exporter', value: 'OTLP' });
  const resourceLabels: Named = Object.entries(config.labels?.resource ?? {});
  const recordLabels: Named = Object.entries(config.labels?.attributes ?? {});
  const { hints } = config;

  return {
    ofResource(attributes) {
      const chosen = [...constant];
      if (on.has('job')) chosen.push(...job(attributes));
      const instance = on.has('instance') ? valueText(attributes['service.instance.id']) : '';
      if (instance !== '') chosen.push({ name: 'instance', value: instance });
      for (const [name, key] of resourceLabels) choose(chosen, { name, key, from: 'resource', attributes });
      if (hints) chooseHinted(chosen, attributes[hint.resource], { from: 'resource', attributes });
      return chosen;
    },
    ofRecord(record, resource, into) {
      const { attributes } = record;
      if (on.has('level')) {
        const own = attributes['level'];
        if (own !== undefined && own !== null && own !== '')
          choose(into, { name: 'level', key: 'level', from: 'attributes', attributes });
        else {
          const value = levelOf(record);
          if (value !== '') into.push(levelLabel(value));
        }
      }
      for (const [name, key] of recordLabels) choose(into, { name, key, from: 'attributes', attributes });
      if (!hints) return;
      chooseHinted(into, attributes[hint.resource], { from: 'resource', attributes: resource });
      chooseHinted(into, attributes[hint.attributes], { from: 'attributes', attributes });
    },
  };
}

const levels = new Map<string, Label>();

function levelLabel(value: string): Label {
  let label = levels.get(value);
  if (!label) {
    label = { name: 'level', value };
    if (levels.size < 1000) levels.set(value, label);
  }
  return label;
}

interface Source {
  readonly from: 'resource' | 'attributes';
  readonly attributes: Attributes;
}

function choose(into: Label[], { name, key, from, attributes }: Source & { name: string; key: string }): void {
  const value = attributeAt(attributes, key);
  if (value !== undefined && value !== null && value !== '')
    into.push({ name, value: valueText(value), of: { from, key } });
}

function chooseHinted(into: Label[], names: AnyValue | undefined, source: Source): void {
  if (names === undefined) return;
  for (const key of hinted(names)) choose(into, { name: labelName(key), key, ...source });
}

/** `namespace/name` of the service; nothing without a name. */
function job(attributes: Attributes): readonly Label[] {
  const name = valueText(attributes['service.name']);
  const namespace = valueText(attributes['service.namespace']);
  return name === '' ? [] : [{ name: 'job', value: namespace === '' ? name : `${namespace}/${name}` }];
}
