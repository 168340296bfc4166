/** A node as dbmon's clients know it: Go's names, sizes in bytes, times in nanoseconds. What is not known is 0, as it was there. */
export interface NodeStats {
  ID: number;
  Up: boolean;
  Init: boolean;
  /** It is being shut down or taken out of the cluster, or is out. */
  Out: boolean;
  Dead: boolean;
  Ranges: Value;
  Replicas: Value;
  CapacityUsage: Value;
  CapacityReserved: Value;
  CapacityAvailable: Value;
  Capacity: Value;
  TotalSystemMemory: Value;
  MemoryUsage: Value;
  MemoryReserved: Value;
  MemoryAvailable: Value;
  QueriesPerSecond: number;
  Latency99: Value;
  /** The size of the mean offset, without its sign. */
  ClockOffset: Value;
}

type Value = number | bigint;

export const emptyStats = (id: number): NodeStats => ({
  ID: id,
  Up: false,
  Init: false,
  Out: false,
  Dead: false,
  Ranges: 0,
  Replicas: 0,
  CapacityUsage: 0,
  CapacityReserved: 0,
  CapacityAvailable: 0,
  Capacity: 0,
  TotalSystemMemory: 0,
  MemoryUsage: 0,
  MemoryReserved: 0,
  MemoryAvailable: 0,
  QueriesPerSecond: 0,
  Latency99: 0,
  ClockOffset: 0,
});

/** Integers beyond 2^53 are numbers, too, whole: Go reads them so. */
export const statsText = (nodes: readonly NodeStats[]): string => `[${nodes.map(nodeText).join()}]`;

function nodeText(stats: NodeStats): string {
  const { TotalSystemMemory: limit, MemoryUsage: used } = stats;
  const left = BigInt(limit) - BigInt(used);
  const whole = { ...stats, MemoryAvailable: left > 0n ? left : 0 };
  const fields = Object.entries(whole).map(([name, value]) => `"${name}":${String(value)}`);
  return `{${fields.join()}}`;
}
