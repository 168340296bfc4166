import type { Context } from './component.ts';

/** Counts what a component drops on purpose or for want of a place to put it, each with its reason (a short constant). */
export function dropCounter({ id, meter }: Context): (items: number, reason: string) => void {
  const counter = meter.createCounter('millrace_dropped_items', {
    unit: '{item}',
    description: 'Items that a component dropped, by reason.',
  });
  return (items, reason) => {
    if (items > 0) counter.add(items, { component: id, reason });
  };
}
