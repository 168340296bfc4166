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

/** What a sample of a profile of this type is, as far as the type says it. */
export function sampleTypeOf(type: string): { readonly type: string; readonly unit: string | undefined } {
  const [, sample, unit] = type.split(':');
  return sample === undefined ? { type, unit: undefined } : { type: sample, unit };
}
