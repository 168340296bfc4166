import type { Cursor } from './cursor.ts';
import type { Labels } from './series.ts';

export const noLabels: Labels = Object.freeze({});

/** Labels that are there in this order, and the last object that had them. */
interface LabelSet {
  readonly names: readonly string[];
  readonly values: string[];
  labels: Labels;
}

const most = 8;

/** Makes objects of labels. A copy of an object that has the same names is made several times faster than a new one. */
export class LabelSets {
  readonly #recent: LabelSet[] = [];
  #last: LabelSet = { names: [], values: [], labels: noLabels };
  #replaced = 0;

  /** Of the first `count` names and values. */
  labels(cursor: Cursor, { names, values, count }: Naming): Labels {
    if (count === 0) return noLabels;
    const set = hasNames(this.#last, names, count) ? this.#last : this.#find(names, count);
    if (!set) return this.#add(cursor, { names, values, count });
    this.#last = set;
    return copyWith(set, values);
  }

  #find(names: string[], count: number): LabelSet | undefined {
    for (const set of this.#recent)
      if (hasNames(set, names, count)) {
        for (let at = 0; at < count; at++) names[at] = set.names[at]!;
        return set;
      }
    return undefined;
  }

  #add(cursor: Cursor, { names, values, count }: Naming): Labels {
    const labels = newLabels(cursor, { names, values, count });
    // The engine has one string of each name that is a property, by which properties are found much faster.
    const keys = Object.keys(labels);
    for (let at = 0; at < count; at++) if (keys[at] === names[at]) names[at] = keys[at]!;
    const set = { names: names.slice(0, count), values: values.slice(0, count), labels };
    this.#recent[this.#replaced++ % most] = set;
    this.#last = set;
    return labels;
  }
}

interface Naming {
  readonly names: string[];
  readonly values: readonly string[];
  readonly count: number;
}

function hasNames({ names: own }: LabelSet, names: readonly string[], count: number): boolean {
  if (own.length !== count) return false;
  for (let at = 0; at < count; at++) if (own[at] !== names[at]) return false;
  return true;
}

function copyWith(set: LabelSet, values: readonly string[]): Labels {
  const labels: Record<string, string> = { ...set.labels };
  for (let at = 0; at < set.names.length; at++) {
    const value = values[at]!;
    if (set.values[at] === value) continue;
    set.values[at] = value;
    labels[set.names[at]!] = value;
  }
  set.labels = labels;
  return labels;
}

function newLabels(cursor: Cursor, { names, values, count }: Naming): Labels {
  const labels: Record<string, string> = {};
  for (let at = 0; at < count; at++) {
    const name = names[at]!;
    if (name === '') throw cursor.error('the name of a label is empty');
    if (name === '__name__' || Object.hasOwn(labels, name)) throw cursor.error(`the label ${name} is there twice`);
    if (name === '__proto__')
      Object.defineProperty(labels, name, { value: values[at], enumerable: true, configurable: true, writable: true });
    else labels[name] = values[at]!;
  }
  return labels;
}
