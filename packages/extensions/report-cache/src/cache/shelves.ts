import type { Held, Hold } from './held.ts';
import type { Shelf } from './shelf.ts';
import { createShelf } from './shelf.ts';

export interface ShelfLimits {
  readonly reports: number;
  readonly max_bytes: number;
  readonly max_clusters: number;
}

/** The shelves of all clusters, within the limits. */
export interface Shelves {
  /** Those of one cluster, by signal; undefined where nothing of it has come. */
  of(cluster: string): ReadonlyMap<string, Shelf> | undefined;
  /** In no order. */
  clusters(): Iterable<string>;
  readonly clusterCount: number;
  /** How many reports of this kind there were. */
  countOf(cluster: string, signal: string): number;
  /** Puts a report that its shelf holds already in `hold` in its place. What must go for it goes. */
  put(held: Held, signal: string): void;
}

export interface ShelvesOptions {
  readonly limits: ShelfLimits;
  readonly hold: Hold;
  /** Told of what is on no shelf any more: because there are enough newer ones, or to make room. */
  onGone(held: Held, why: 'older' | 'room'): void;
  onForgotten(cluster: string): void;
}

export function createShelves({ limits, hold, onGone, onForgotten }: ShelvesOptions): Shelves {
  /** The one that was silent for longest comes first. */
  const shelves = new Map<string, Map<string, Shelf>>();

  function shelfOf({ cluster }: Held, signal: string): Shelf {
    const found = shelves.get(cluster);
    shelves.delete(cluster);
    const bySignal = found ?? new Map<string, Shelf>();
    shelves.set(cluster, bySignal);
    let shelf = bySignal.get(signal);
    if (!shelf) bySignal.set(signal, (shelf = createShelf()));
    if (!found && shelves.size > limits.max_clusters) forget(shelves.keys().next().value!);
    return shelf;
  }

  function forget(cluster: string): void {
    for (const shelf of shelves.get(cluster)!.values())
      for (let held = shelf.shift(); held; held = shelf.shift()) gone(held, 'room');
    shelves.delete(cluster);
    onForgotten(cluster);
  }

  function gone(held: Held, why: 'older' | 'room'): void {
    onGone(held, why);
    hold.release(held);
  }

  /** The oldest report goes, but not the last one of its kind as long as there is another. */
  function makeRoom(): void {
    let first: Held | undefined;
    for (const held of hold.all()) {
      first ??= held;
      const shelf = shelfWith(held);
      if (!shelf || shelf.newest !== held) return forgetOne(held, shelf);
    }
    if (first) forgetOne(first, shelfWith(first));
  }

  function shelfWith(held: Held): Shelf | undefined {
    for (const shelf of shelves.get(held.cluster)?.values() ?? []) if (shelf.held[0] === held) return shelf;
    return undefined;
  }

  function forgetOne(held: Held, shelf: Shelf | undefined): void {
    hold.drop(held);
    if (!shelf) return;
    shelf.shift();
    gone(held, 'room');
  }

  return {
    of: (cluster) => shelves.get(cluster),
    clusters: () => shelves.keys(),
    get clusterCount() {
      return shelves.size;
    },
    countOf: (cluster, signal) => shelves.get(cluster)?.get(signal)?.count ?? 0,
    put(held, signal) {
      const shelf = shelfOf(held, signal);
      shelf.push(held);
      while (shelf.held.length > limits.reports) gone(shelf.shift()!, 'older');
      while (hold.bytes > limits.max_bytes) makeRoom();
    },
  };
}
