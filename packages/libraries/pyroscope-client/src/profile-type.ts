import { NoProfiles, QueryError } from './error.ts';

/** What Go programs send under short names, as the five parts of Grafana Pyroscope: name, sample type, unit, period type, its unit. */
const types: Readonly<Record<string, string>> = {
  cpu: 'process_cpu:cpu:nanoseconds:cpu:nanoseconds',
  inuse_objects: 'memory:inuse_objects:count:space:bytes',
  inuse_space: 'memory:inuse_space:bytes:space:bytes',
  alloc_objects: 'memory:alloc_objects:count:space:bytes',
  alloc_space: 'memory:alloc_space:bytes:space:bytes',
  goroutines: 'goroutines:goroutine:count:goroutine:count',
  mutex_count: 'mutex:contentions:count:contentions:count',
  mutex_duration: 'mutex:delay:nanoseconds:contentions:count',
  block_count: 'block:contentions:count:contentions:count',
  block_duration: 'block:delay:nanoseconds:contentions:count',
};

const shortNames = new Map(Object.entries(types).map(([short, type]) => [type, short]));

/** The five parts; undefined if it is neither them nor a name that is known. */
export const knownType = (type: string): string | undefined =>
  type.includes(':') ? type : Object.hasOwn(types, type) ? types[type] : undefined;

/** The short name where there is one. */
export const shortType = (type: string): string => shortNames.get(type) ?? type;

/**
 * Which of the types that a server has, each of five parts, a short name means: the one of the table, one with such a sample
 * type, or one of such a name. Throws a QueryError that says which there are where that is none or several.
 */
export function resolveType(name: string, known: readonly string[]): string {
  const all = [...new Set(known)].sort();
  if (all.length === 0) throw new NoProfiles();
  const usual = knownType(name);
  if (usual !== undefined && all.includes(usual)) return usual;
  const part = (type: string, index: number): string | undefined => type.split(':')[index];
  const found =
    [all.filter((type) => part(type, 1) === name), all.filter((type) => part(type, 0) === name)].find(
      (some) => some.length > 0,
    ) ?? [];
  const preferred = found.filter((type) => type.startsWith(`process_${name}:`));
  if (found.length === 1) return found[0]!;
  if (preferred.length === 1) return preferred[0]!;
  throw new QueryError(
    found.length === 0
      ? `There is no profile type ${name}; there are ${all.join(', ')}.`
      : `${name} may be any of these, so say which: ${found.join(', ')}.`,
  );
}
