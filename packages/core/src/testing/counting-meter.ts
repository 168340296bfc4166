import type { Meter } from '@opentelemetry/api';
import { createNoopMeter } from '@opentelemetry/api';

export interface Counted {
  /** What was counted with `dropCounter`: items by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  /** What all counters have come to, by name and the values of their attributes but the component's id: `errors parser`. */
  readonly counts: Readonly<Record<string, number>>;
}

/** A meter whose counters are told by the records beside it, which can be read at any time. */
export function countingMeter(id: string): Counted & { readonly meter: Meter } {
  const dropped: Record<string, number> = {};
  const counts: Record<string, number> = {};
  const add = (sums: Record<string, number>, key: string, value: number): void =>
    void (sums[key] = (sums[key] ?? 0) + value);
  const createCounter: Meter['createCounter'] = (name) => ({
    add(value, attributes) {
      const what = Object.values(attributes ?? {}).filter((one) => one !== id);
      add(counts, [name, ...what].join(' '), value);
      if (name === 'millrace_dropped_items') add(dropped, what.join(' '), value);
    },
  });
  // The one that does nothing is shared by all: it must not be changed.
  const meter = Object.assign(Object.create(createNoopMeter()) as Meter, { createCounter });
  return { meter, dropped, counts };
}
