import { idOf, type JsonObject, listOf, objectOf, textOf } from '../json/access.ts';
import { floatOf } from '../json/scalars.ts';
import { each, type Json, members, type Shape, value } from '../json/shape.ts';

export interface HotRange {
  readonly range: string;
  readonly node: string | undefined;
  readonly store: string | undefined;
  readonly queriesPerSecond: number;
  readonly leaseholder: string | undefined;
  readonly database: string | undefined;
  readonly table: string | undefined;
  readonly index: string | undefined;
}

/** From version 21.2 a list, in 21.1 a list for each node. */
export const hotRangesShape: Shape = members({
  ranges: each(
    members({
      range_id: value,
      node_id: value,
      store_id: value,
      qps: value,
      leaseholder_node_id: value,
      database_name: value,
      table_name: value,
      index_name: value,
    }),
  ),
  ranges_by_node_id: each(each(members({ range_id: value, store_id: value, queries_per_second: value }))),
});

export function hotRangesOf(reply: Json | undefined): readonly HotRange[] | undefined {
  const { ranges, ranges_by_node_id: byNode } = objectOf(reply);
  if (ranges === undefined && byNode === undefined) return undefined;
  const hot = [
    ...listOf(ranges).flatMap((range) => hotRangeOf(objectOf(range))),
    ...Object.entries(objectOf(byNode)).flatMap(([node, list]) =>
      listOf(list).flatMap((range) => hotRangeOf({ node_id: node, ...objectOf(range) })),
    ),
  ];
  // Version 22.2 tells of a range once for each node that was asked.
  const once = new Map(hot.map((range) => [`${range.range} ${range.store}`, range]));
  return [...once.values()].sort((a, b) => b.queriesPerSecond - a.queriesPerSecond);
}

function hotRangeOf(range: JsonObject): HotRange[] {
  const id = idOf(range['range_id']);
  if (id === undefined) return [];
  return [
    {
      range: id,
      node: idOf(range['node_id']),
      store: idOf(range['store_id']),
      queriesPerSecond: floatOf(range['qps']) ?? floatOf(range['queries_per_second']) ?? 0,
      leaseholder: idOf(range['leaseholder_node_id']),
      database: textOf(range['database_name']),
      table: textOf(range['table_name']),
      index: textOf(range['index_name']),
    },
  ];
}
