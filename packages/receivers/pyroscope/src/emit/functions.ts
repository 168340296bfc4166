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

/** Which stacks and frames a config, or the arguments of a command, want. */
export const filtersOf = ({ focus, ignore, show, hide }: Omit<FunctionsConfig, 'limit'>): Filter => ({
  ...(focus !== undefined && { focus }),
  ...(ignore !== undefined && { ignore }),
  ...(show !== undefined && { show }),
  ...(hide !== undefined && { hide }),
});

/** The profile with what the config leaves. */
export function filtered(profile: Profile, config: FunctionsConfig): Profile {
  const filters = filtersOf(config);
  return Object.keys(filters).length > 0 ? filter(profile, filters) : profile;
}

/** The name of what is left. A Pyroscope server has functions of this name for what it has left out itself. */
export const otherName = 'other';

/** Of the first `limit` by self and the first `limit` by total, no more than `limit`: in turn, one of each. */
export function functionsOf(views: Views, sampleType: number, limit: number): Functions {
  const rows = top(views.filtered, { sampleType }).rows.filter(({ name, file }) => name !== otherName || file !== '');
  const byTotal = rows.toSorted((one, other) => compare(other.total, one.total));
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
