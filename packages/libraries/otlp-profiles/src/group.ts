import type { Scope } from '@millrace/core';
import type { RawProfile } from './decode-profile.ts';
import { belongTogether } from './decode-profile.ts';
import { names } from './names.ts';

/** A profile of a scope, and which sample type of the pprof profile it has. */
export interface Placed {
  readonly profile: RawProfile;
  readonly where: string;
  readonly order: number;
}

/** Profiles of a scope that are one pprof profile, in the order of its sample types; `where` names the first that came. */
export interface Grouped {
  readonly profiles: readonly [RawProfile, ...RawProfile[]];
  readonly where: string;
}

/** Profiles in a row that differ in their sample type and in nothing but the values. */
export function grouped(profiles: readonly Placed[]): readonly Grouped[] {
  const groups: Placed[][] = [];
  const types = new Set<string>();
  for (const placed of profiles) {
    const type = `${placed.profile.sampleType?.type} ${placed.profile.sampleType?.unit}`;
    const last = groups.at(-1);
    if (last && !types.has(type) && belongTogether(last[0]!.profile, placed.profile)) last.push(placed);
    else {
      groups.push([placed]);
      types.clear();
    }
    types.add(type);
  }
  return groups.map((group) => {
    const { where } = group[0]!;
    const sorted = group.toSorted((one, other) => one.order - other.order).map(({ profile }) => profile);
    return { where, profiles: sorted as [RawProfile, ...RawProfile[]] };
  });
}

/** The place of each profile among the sample types, where the scope says it for all of them. */
export function orderOf({ attributes }: Scope, count: number): readonly number[] {
  const order = attributes?.[names.sampleTypeOrder];
  if (!Array.isArray(order) || order.length !== count) return [];
  return order.every((place) => typeof place === 'number') ? (order as number[]) : [];
}
