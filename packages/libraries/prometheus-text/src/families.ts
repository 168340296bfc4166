import type { FamilyType } from './names.ts';
import { isClassicName } from './names.ts';
import type { Metric, Slot } from './series.ts';
import { escapeQuoted } from './text.ts';

export interface Family {
  readonly name: string;
  readonly type: FamilyType;
  readonly unit: string;
  readonly help: string;
  /** By opening. */
  readonly slots: Map<string, Slot>;
}

const sampleSuffixes: Readonly<Record<FamilyType, readonly string[]>> = {
  counter: [''],
  gauge: [''],
  unknown: [''],
  histogram: ['', '_bucket', '_count', '_sum'],
  summary: ['', '_count', '_sum'],
};

/** The families of a page. None can have a name that another writes samples under. */
export interface Families {
  readonly size: number;
  /** The family of this name and type, begun if need be. Undefined if another type has the name. */
  claim(metric: Pick<Metric, 'name' | 'type' | 'unit' | 'help'>): Family | undefined;
  /** Forgets a family that has no series left. */
  release(family: Family): void;
  /** By name. */
  sorted(): readonly Family[];
}

export function createFamilies(reserved: readonly string[]): Families {
  const families = new Map<string, Family>();
  const claimed = new Set(reserved);
  let order: readonly Family[] | undefined;
  const samples = ({ name, type }: Pick<Family, 'name' | 'type'>): string[] =>
    sampleSuffixes[type].map((suffix) => name + suffix);

  return {
    get size() {
      return families.size;
    },
    claim({ name, type, unit, help }) {
      const known = families.get(name);
      if (known) return known.type === type ? known : undefined;
      const names = samples({ name, type });
      if (names.some((sample) => claimed.has(sample))) return undefined;
      for (const sample of names) claimed.add(sample);
      const family: Family = { name, type, unit, help, slots: new Map() };
      families.set(name, family);
      order = undefined;
      return family;
    },
    release(family) {
      families.delete(family.name);
      for (const sample of samples(family)) claimed.delete(sample);
      order = undefined;
    },
    sorted: () => (order ??= [...families.values()].sort((a, b) => (a.name < b.name ? -1 : 1))),
  };
}

/**
 * What follows a sample's name: `{a="1"} `. A name beyond the classic alphabet moves into the braces, in quotes. The
 * opening of a histogram or summary is its bare labels, as its samples have labels of their own.
 */
export function openingOf({ name, type }: Pick<Family, 'name' | 'type'>, labels: string): string {
  if (type === 'histogram' || type === 'summary') return labels;
  const inner = isClassicName(name) ? labels : joined(quoted(name), labels);
  // Joined, and not added up: V8 keeps a sum as a tree of its parts, which makes a page of them three times as slow.
  return inner === '' ? ' ' : ['{', inner, '} '].join('');
}

/** The beginning of a sample's line, up to its value. */
export function sampleOf(name: string, labels: string, own = ''): string {
  const all = joined(labels, own);
  return isClassicName(name) ? `${name}${braced(all)} ` : `${braced(joined(quoted(name), all))} `;
}

export const nameText = (name: string): string => (isClassicName(name) ? name : quoted(name));

const quoted = (name: string): string => `"${escapeQuoted(name)}"`;
const braced = (labels: string): string => (labels === '' ? '' : `{${labels}}`);
const joined = (a: string, b: string): string => (a === '' || b === '' ? a + b : `${a},${b}`);
