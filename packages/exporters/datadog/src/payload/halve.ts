/** A series in two, each with half of the points; undefined if it has one point only. */
export function halvePoints<Item extends { readonly points: readonly unknown[] }>(
  item: Item,
): readonly [Item, Item] | undefined {
  const { points } = item;
  if (points.length < 2) return undefined;
  const middle = points.length >> 1;
  return [
    { ...item, points: points.slice(0, middle) },
    { ...item, points: points.slice(middle) },
  ];
}

export const pointCount = ({ points }: { readonly points: readonly unknown[] }): number => points.length;
