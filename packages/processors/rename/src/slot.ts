import type { Attributes, DataPoint } from '@millrace/core';

export type Point = DataPoint<unknown>;

/** The place of a name among the metrics of the scope that is being put together; it is used again for every scope. */
export interface Slot {
  readonly name: string;
  /** The scope that `index`, `kind` and `points` are about. */
  round: number;
  /** Of the metric in its scope. */
  index: number;
  kind: string;
  /** Undefined while the points are still those of the source, which are not ours to change. */
  points: Point[] | undefined;
  /** Where the attributes are among the points: only for many points. */
  places: Map<Attributes, number> | undefined;
}

export const createSlot = (name: string): Slot => ({
  name,
  round: 0,
  index: 0,
  kind: '',
  points: undefined,
  places: undefined,
});

/** Up to here, looking at each point is quicker than a map. */
const fewPoints = 16;

/** The index of the point with these attributes, which are canonical; -1 if there is none. */
export function findPoint(slot: Slot, points: readonly Point[], attributes: Attributes): number {
  if (points.length <= fewPoints) {
    for (let index = 0; index < points.length; index++) if (points[index]!.attributes === attributes) return index;
    return -1;
  }
  slot.places ??= new Map(points.map((point, index) => [point.attributes, index]));
  return slot.places.get(attributes) ?? -1;
}

export function pushPoint(slot: Slot, points: Point[], point: Point): void {
  slot.places?.set(point.attributes, points.length);
  points.push(point);
}
