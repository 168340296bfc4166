import type { AnyValue } from '@millrace/core';
import type { Label, Profile } from '@millrace/pprof';
import { labelsOf } from '@millrace/pprof';
import type { Dictionary } from './dictionary.ts';
import { linkLabels } from './names.ts';

/** What the labels of a sample become. */
export interface SampleLabels {
  readonly attributes: readonly number[];
  /** 0: none. */
  readonly link: number;
}

const none: SampleLabels = { attributes: [], link: 0 };

export function labelsIn(dictionary: Dictionary, profile: Profile): (sample: number) => SampleLabels {
  const { samples, labels } = profile;
  /** Of samples that have one label: most that have any, and few different ones. */
  const single = new Map<string, SampleLabels>();
  return (sample) => {
    const [start, end] = [samples.labelStart[sample]!, samples.labelEnd[sample]!];
    if (start === end) return none;
    if (end - start > 1) return attributesOf(dictionary, labelsOf(profile, sample));
    const words = [labels.key[start], labels.text[start], labels.number.bigint(start), labels.unit[start]];
    const key = words.join();
    let known = single.get(key);
    if (!known) {
      known = attributesOf(dictionary, labelsOf(profile, sample));
      single.set(key, known);
    }
    return known;
  };
}

function attributesOf(dictionary: Dictionary, labels: readonly Label[]): SampleLabels {
  const byKey = new Map<string, Label[]>();
  for (const label of labels) {
    const before = byKey.get(label.key);
    if (before) before.push(label);
    else byKey.set(label.key, [label]);
  }
  const link = linkOf(dictionary, byKey);
  return { attributes: [...byKey.values()].flatMap((same) => attributesOfKey(dictionary, same)), link };
}

/** The keys of a sample's attributes are unique: labels with one key are one list, unless their units forbid it. */
function attributesOfKey(dictionary: Dictionary, labels: readonly Label[]): number[] {
  const { key } = labels[0]!;
  const units = new Set(labels.map(unitOf));
  if (labels.length === 1 || units.size > 1)
    return labels.map((label) => dictionary.attribute(key, valueOf(label), unitOf(label)));
  return [dictionary.attribute(key, labels.map(valueOf), unitOf(labels[0]!))];
}

const unitOf = (label: Label): string => ('unit' in label ? label.unit : '');
const valueOf = (label: Label): AnyValue => ('text' in label ? label.text : label.number);

/** Takes the labels of a link out. */
function linkOf(dictionary: Dictionary, byKey: Map<string, Label[]>): number {
  const traceId = idOf(byKey.get(linkLabels.traceId), 16);
  const spanId = idOf(byKey.get(linkLabels.spanId), 8);
  if (traceId === undefined || spanId === undefined) return 0;
  byKey.delete(linkLabels.traceId);
  byKey.delete(linkLabels.spanId);
  return dictionary.link(traceId, spanId);
}

function idOf(labels: readonly Label[] | undefined, size: number): string | undefined {
  const [label] = labels ?? [];
  if (labels?.length !== 1 || !label || !('text' in label)) return undefined;
  return label.text.length === size * 2 && /^[\da-f]*[1-9a-f][\da-f]*$/.test(label.text) ? label.text : undefined;
}
