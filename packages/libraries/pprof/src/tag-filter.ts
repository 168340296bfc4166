import type { Int64 } from './int64.ts';
import { compilePattern } from './pattern.ts';
import { labelsOf } from './profile.ts';
import type { Label, Profile } from './profile.ts';
import { scaleValue } from './units.ts';

type NumberLabel = Extract<Label, { number: Int64 }>;

/** Whether a sample has a label that a filter means; see `Filter.tagFocus`. */
export function compileTagFilter(profile: Profile, filter: string): (sample: number) => boolean {
  const [, wanted = '', value = filter] = /^([^=]*)=(.*)$/s.exec(filter) ?? [];
  const key = wanted === '' ? undefined : wanted;
  const inRange = compileRange(value);
  if (inRange) {
    const units = unitsOfKeys(profile);
    const matches = (label: Label): label is NumberLabel =>
      'number' in label && (key === undefined || label.key === key) && inRange(label.number, units(label.key));
    return (sample) => labelsOf(profile, sample).some(matches);
  }
  const patterns = value.split(',').map((one) => compilePattern(one));
  const texts = (sample: number): string[] =>
    labelsOf(profile, sample).flatMap((label) => {
      if (!('text' in label)) return [];
      if (key === undefined) return [`${label.key}:${label.text}`];
      return label.key === key ? [label.text] : [];
    });
  return key === undefined
    ? (sample) => {
        const own = texts(sample);
        return patterns.every((matches) => own.some(matches));
      }
    : (sample) => texts(sample).some((one) => patterns.some((matches) => matches(one)));
}

/** `32kb`, `:64kb`, `4mb:` and `12kb:64mb`, both ends included. */
function compileRange(text: string): ((value: Int64, unit: string) => boolean) | undefined {
  const [, equal] = /^([+-]?\d+[A-Za-z]*)$/.exec(text) ?? [];
  const [, from, to] = /^([+-]?\d+[A-Za-z]*)?:([+-]?\d+[A-Za-z]*)?$/.exec(text) ?? [];
  const [least, most] = [bound(equal ?? from), bound(equal ?? to)];
  if (!least && !most) return undefined;
  return (value, unit) => {
    const passes = (one: Bound | undefined, allows: (scaled: number, limit: number) => boolean): boolean => {
      if (!one) return true;
      const scaled = scaleValue(value, unit, one.unit);
      return scaled.unit === one.unit && allows(scaled.value, one.value);
    };
    return passes(least, (scaled, limit) => scaled >= limit) && passes(most, (scaled, limit) => scaled <= limit);
  };
}

interface Bound {
  readonly value: number;
  readonly unit: string;
}

function bound(text: string | undefined): Bound | undefined {
  const [, digits, unit = ''] = /^([+-]?\d+)([A-Za-z]*)$/.exec(text ?? '') ?? [];
  return digits === undefined ? undefined : scaleValue(BigInt(digits.replace('+', '')), unit, unit);
}

/** The first unit that a key has anywhere is that of all; without any it is bytes for two well-known keys, else the key. */
function unitsOfKeys(profile: Profile): (key: string) => string {
  const units = new Map<string, string>();
  for (let sample = 0; sample < profile.samples.count; sample++)
    for (const label of labelsOf(profile, sample))
      if ('number' in label && label.unit !== '' && !units.has(label.key)) units.set(label.key, label.unit);
  return (key) => units.get(key) ?? (key === 'alignment' || key === 'request' ? 'bytes' : key);
}
