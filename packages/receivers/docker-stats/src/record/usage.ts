import type { Reading } from '../numbers/reading.ts';

/** The CPUs that a container has used since the reading before; undefined where there is none, or it began anew. */
export interface UsageMeter {
  cpus(
    key: { readonly id: string; readonly startedAt: number | undefined; readonly way: string },
    reading: Reading,
  ): number | undefined;
  /** Keeps only what is about these containers. */
  keep(ids: { has(id: string): boolean }): void;
}

interface Before {
  readonly startedAt: number | undefined;
  readonly way: string;
  readonly readAt: number;
  readonly total: number;
  cpus: number | undefined;
}

/** The least time between readings: a sample of a stream may be met twice. Engines take them once a second. */
const shortestSpanMs = 100;

export function usageMeter(): UsageMeter {
  const last = new Map<string, Before>();
  return {
    cpus({ id, startedAt, way }, { readAt, cpu }) {
      if (cpu.total === undefined) return undefined;
      const total = Number(cpu.total);
      const before = last.get(id);
      // The clocks of the sources are different ones.
      const comparable =
        before !== undefined && before.way === way && before.startedAt === startedAt && total >= before.total;
      const span = comparable ? readAt - before.readAt : 0;
      if (comparable && span < shortestSpanMs) return before.cpus;
      const cpus = comparable ? (total - before.total) / 1e6 / span : undefined;
      last.set(id, { startedAt, way, readAt, total, cpus });
      return cpus;
    },
    keep(ids) {
      for (const id of last.keys()) if (!ids.has(id)) last.delete(id);
    },
  };
}
