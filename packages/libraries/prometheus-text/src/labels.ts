import type { AnyValue, Attributes } from '@millrace/core';
import { valueText } from '@millrace/core';
import { isClassicLabel, labelName } from './names.ts';
import type { Naming } from './names.ts';
import { escapeQuoted } from './text.ts';

/** A label that every series of a resource and scope has. */
export interface FixedLabel {
  /** The OpenTelemetry name that it comes from: settles the order where several names become one label. */
  readonly key: string;
  readonly label: string;
  readonly value: string;
  /** Gives way to any other label of the same name. */
  readonly weak?: boolean;
}

export interface LabelOptions {
  readonly naming: Naming;
  readonly fixed: readonly FixedLabel[];
  /** A label that the page itself writes, `le` or `quantile`: an attribute of this name becomes `exported_le`. */
  readonly reserved?: string | undefined;
}

/** `a="1",b="2"`: sorted by name, no name twice, and no empty value, which to Prometheus is no label. */
export type LabelRenderer = (attributes: Attributes) => string;

/** A label of a shape: its whole text where it is fixed, else where its value comes from. */
interface Part {
  readonly text: string | undefined;
  readonly open: string;
  readonly sources: readonly Source[];
}

interface Source {
  readonly key: string;
  readonly value?: string;
}

const shapesKept = 256;

/** The points of a metric mostly have the same attribute names: what follows from these is worked out once. */
export function labelRenderer(options: LabelOptions): LabelRenderer {
  const shapes = new Map<string, readonly Part[]>();
  return (attributes) => {
    const keys = Object.keys(attributes);
    const shape = keys.join('\0');
    let parts = shapes.get(shape);
    if (!parts) {
      if (shapes.size >= shapesKept) shapes.clear();
      parts = partsOf(keys, options);
      shapes.set(shape, parts);
    }
    const labels: string[] = [];
    for (const part of parts) {
      const label = part.text ?? sourced(part, attributes);
      if (label !== '') labels.push(label);
    }
    return labels.join(',');
  };
}

function sourced({ open, sources }: Part, attributes: Attributes): string {
  let joined = '';
  for (const { key, value } of sources) {
    const text = value ?? valueText(attributes[key]);
    if (text !== '') joined = joined === '' ? text : `${joined};${text}`;
  }
  return joined === '' ? '' : `${open}${escapeQuoted(joined)}"`;
}

function partsOf(keys: readonly string[], { naming, fixed, reserved }: LabelOptions): Part[] {
  const own = new Set(keys);
  const byLabel = new Map<string, Source[]>();
  const add = (label: string, source: Source): void => {
    const name = label === reserved ? `exported_${label}` : label;
    const sources = byLabel.get(name);
    if (sources) sources.push(source);
    else byLabel.set(name, [source]);
  };
  for (const key of keys) add(labelName(key, naming), { key });
  // A point's own attribute says more than its resource's or scope's of the same name.
  const overridden = (key: string, label: string): boolean => own.has(key) && labelName(key, naming) === label;
  for (const { key, label, value, weak } of fixed) if (!weak && !overridden(key, label)) add(label, { key, value });
  for (const { key, label, value, weak } of fixed) if (weak && !byLabel.has(label)) add(label, { key, value });

  return [...byLabel]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, sources]) => {
      sources.sort((a, b) => (a.key < b.key ? -1 : 1));
      const part = { text: undefined, open: `${labelText(label)}="`, sources };
      return sources.some(({ value }) => value === undefined) ? part : { ...part, text: sourced(part, {}) };
    });
}

const labelText = (label: string): string => (isClassicLabel(label) ? label : `"${escapeQuoted(label)}"`);

/** Labels alone, for what is no series of a metric: `target_info`, exemplars. */
export const fixedLabels = (fixed: readonly FixedLabel[], naming: Naming): string =>
  labelRenderer({ naming, fixed })({});

export function attributeLabels(
  attributes: Attributes,
  naming: Naming,
  wanted: (key: string) => boolean = () => true,
): FixedLabel[] {
  return Object.entries(attributes)
    .filter(([key]) => wanted(key))
    .map(([key, value]: [string, AnyValue | undefined]) => ({
      key,
      label: labelName(key, naming),
      value: valueText(value),
    }));
}
