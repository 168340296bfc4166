import { difference, countOf, keyedParser } from './numbers.ts';
import type { Place } from './place.ts';
import type { Count, MemorySample, Wanted } from './sample.ts';

export const unknownMemory = (): MemorySample => ({
  usage: undefined,
  peak: undefined,
  limit: undefined,
  softLimit: undefined,
  workingSet: undefined,
  rss: undefined,
  mappedFile: undefined,
  cache: undefined,
  kernel: undefined,
  swap: undefined,
  swapLimit: undefined,
  faults: undefined,
  majorFaults: undefined,
  failures: undefined,
  events: undefined,
  stat: undefined,
});

const parseV1 = keyedParser([
  'total_inactive_file',
  'total_rss',
  'total_mapped_file',
  'total_cache',
  'total_swap',
  'total_pgfault',
  'total_pgmajfault',
]);
const parseV2 = keyedParser(['inactive_file', 'anon', 'file_mapped', 'file', 'kernel', 'pgfault', 'pgmajfault']);
const parseOomControl = keyedParser(['oom_kill']);
const parseEvents = keyedParser(['low', 'high', 'max', 'oom', 'oom_kill']);
const values: (Count | undefined)[] = [];

/** https://docs.kernel.org/admin-guide/cgroup-v1/memory.html */
export function readMemoryV1(place: Place, wanted: Wanted, memory: MemorySample): void {
  if (wanted.memory) {
    memory.usage = place.single('memory', 'memory.usage_in_bytes');
    if (place.keyed('memory', 'memory.stat', { parse: parseV1, into: values })) {
      const [inactiveFile, rss, mappedFile, cache, swap, faults, majorFaults] = values;
      memory.workingSet = difference(memory.usage, inactiveFile);
      memory.rss = rss;
      memory.mappedFile = mappedFile;
      memory.cache = cache;
      memory.swap = swap;
      memory.faults = faults;
      memory.majorFaults = majorFaults;
    }
  }
  if (wanted.memoryKernel) memory.kernel = place.single('memory', 'memory.kmem.usage_in_bytes');
  if (wanted.memoryStat) memory.stat = readStat(place, 'memory', 'total_');
  if (wanted.memoryLimit || wanted.memoryOtherLimits) memory.limit = place.limit('memory', 'memory.limit_in_bytes');
  if (wanted.memoryOtherLimits) {
    memory.softLimit = place.limit('memory', 'memory.soft_limit_in_bytes');
    memory.swapLimit = difference(place.limit('memory', 'memory.memsw.limit_in_bytes'), memory.limit);
  }
  if (wanted.memoryPeak) memory.peak = place.single('memory', 'memory.max_usage_in_bytes');
  if (wanted.memoryEvents && place.keyed('memory', 'memory.oom_control', { parse: parseOomControl, into: values }))
    memory.events = { low: undefined, high: undefined, max: undefined, oom: undefined, oomKill: values[0] };
  if (wanted.memoryFailures) memory.failures = place.single('memory', 'memory.failcnt');
}

/** https://docs.kernel.org/admin-guide/cgroup-v2.html#memory-interface-files */
export function readMemoryV2(place: Place, wanted: Wanted, memory: MemorySample): void {
  if (wanted.memory) {
    memory.usage = place.single('v2', 'memory.current');
    if (place.keyed('v2', 'memory.stat', { parse: parseV2, into: values })) {
      const [inactiveFile, rss, mappedFile, cache, kernel, faults, majorFaults] = values;
      memory.workingSet = difference(memory.usage, inactiveFile);
      memory.rss = rss;
      memory.mappedFile = mappedFile;
      memory.cache = cache;
      memory.kernel = kernel;
      memory.faults = faults;
      memory.majorFaults = majorFaults;
    }
  }
  if (wanted.swap) memory.swap = place.single('v2', 'memory.swap.current');
  if (wanted.memoryStat) memory.stat = readStat(place, 'v2', '');
  if (wanted.memoryLimit) memory.limit = place.limit('v2', 'memory.max');
  if (wanted.memoryOtherLimits) {
    memory.softLimit = place.limit('v2', 'memory.high');
    memory.swapLimit = place.limit('v2', 'memory.swap.max');
  }
  if (wanted.memoryPeak) memory.peak = place.single('v2', 'memory.peak');
  if (wanted.memoryEvents && place.keyed('v2', 'memory.events', { parse: parseEvents, into: values })) {
    const [low, high, max, oom, oomKill] = values;
    memory.events = { low, high, max, oom, oomKill };
  }
}

/** Of version 1, the lines with the prefix are those of the whole subtree, and so are these without one. */
const withoutPrefix: ReadonlySet<string> = new Set(['hierarchical_memory_limit', 'hierarchical_memsw_limit']);

function readStat(place: Place, tree: 'memory' | 'v2', prefix: string): ReadonlyMap<string, Count> | undefined {
  const text = place.text(tree, 'memory.stat');
  if (text === undefined) return undefined;
  const stat = new Map<string, Count>();
  for (const line of text.slice(0, text.lastIndexOf('\n') + 1).split('\n')) {
    const [key = '', value] = line.split(' ');
    const count = countOf(value);
    // A limit that is not set is nearly 2^63.
    if (count === undefined || count >= 2 ** 62) continue;
    if (key.length > prefix.length && key.startsWith(prefix)) stat.set(key.slice(prefix.length), count);
    else if (withoutPrefix.has(key)) stat.set(key, count);
  }
  return stat;
}
