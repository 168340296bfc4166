import { addExact, subtractExact } from '@millrace/core';
import { filter, type Filter, type Int64, type Profile, top, type TopRow } from '@millrace/pprof';
import type { FunctionsConfig } from '../config/schema.ts';

/** The functions of a profile that are shown, and what is left. */
export interface Functions {
  /** By self, the greatest first. */
  readonly rows: readonly TopRow[];
  /** Of the whole profile, before any filter. */
  readonly total: Int64;
  /** The total without the self values of the rows. */
  readonly other: Int64;
  /** Functions with a value that are not shown; those that filters leave out do not count. */
  readonly dropped: number;
}

/** The profile with the stacks and frames that the config leaves. */
export function filtered(profile: Profile, { focus, ignore, show, hide }: FunctionsConfig): Profile {
  const filters: Filter = {
    ...(focus !== undefined && { focus }),
    ...(ignore !== undefined && { ignore }),
    ...(show !== undefined && { show }),
    ...(hide !== undefined && { hide }),
  };
  return Object.keys(filters).length > 0 ? filter(profile, filters) : profile;
}

/** Of the first `limit` by self and the first `limit` by total, no more than `limit`: in turn, one of each. */
export function functionsOf(views: Views, sampleType: number, limit: number): Functions {
  const { bySelf: rows, byTotal } = rowsOf(views, sampleType);
  const chosen = new Set<TopRow>();
  for (let at = 0; at < rows.length && chosen.size < limit; at++) {
    chosen.add(rows[at]!);
    if (chosen.size < limit) chosen.add(byTotal[at]!);
  }
  const shown = rows.filter((row) => chosen.has(row));
  const total = totalOf(views.whole, sampleType);
  let other = total;
  for (const { self } of shown) other = subtractExact(other, self);
  return { rows: shown, total, other, dropped: rows.length - shown.length };
}

/** A profile, and what the config's filters leave of it. */
export interface Views {
  readonly whole: Profile;
  readonly filtered: Profile;
}

/** All functions with a value, the greatest first. */
interface Rows {
  readonly bySelf: readonly TopRow[];
  readonly byTotal: readonly TopRow[];
}

const knownRows = new WeakMap<Views, Map<number, Rows>>();

/** Worked out once: metrics and reports are made of the same. */
export function rowsOf(views: Views, sampleType: number): Rows {
  let known = knownRows.get(views);
  if (!known) knownRows.set(views, (known = new Map()));
  let rows = known.get(sampleType);
  if (!rows) {
    const bySelf = top(views.filtered, { sampleType }).rows;
    rows = { bySelf, byTotal: bySelf.toSorted((one, other) => compare(other.total, one.total)) };
    known.set(sampleType, rows);
  }
  return rows;
}

/** The sum of all values of a sample type. */
export function totalOf({ samples, sampleTypes }: Profile, sampleType: number): Int64 {
  let total: Int64 = 0;
  for (let sample = 0; sample < samples.count; sample++)
    total = addExact(total, samples.values.at(sample * sampleTypes.length + sampleType));
  return total;
}

const compare = (one: Int64, other: Int64): number => (one < other ? -1 : one > other ? 1 : 0);

/** Of a function of Go, its package; of one of C++, Rust or Java, the namespace, module or class. Undefined where there is none. */
export function packageOf(name: string): string | undefined {
  let plain = name.replaceAll('(anonymous namespace)', '_');
  for (let before = ''; before !== plain; ) {
    before = plain;
    plain = plain.replaceAll(/<[^<>]*>/g, '');
  }
  plain = plain.replace(/[([{].*$/s, '');
  const colons = plain.lastIndexOf('::');
  if (colons > 0) return plain.slice(0, colons).replace(/^.* /, '');
  if (/[\s:]/.test(plain)) return undefined;
  const dot = plain.indexOf('.', plain.lastIndexOf('/') + 1);
  return dot > 0 && dot > plain.lastIndexOf('/') + 1 ? plain.slice(0, dot) : undefined;
}
