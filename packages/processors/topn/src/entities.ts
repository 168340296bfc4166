import type { Attributes, HrTime, MetricData, ResourceMetrics } from '@millrace/core';
import { attributesKey } from '@millrace/core';
import { createReadings, type Readings } from './readings.ts';
import type { Remainder } from './remainder.ts';

/** An entity that is ranked. */
export interface Member {
  readonly group: Group;
  /** Unique: the earlier seen is the lower. */
  readonly order: number;
  readonly key: string;
  forgotten: boolean;
  /** The last round that had it. */
  round: number;
  /** What this round brought of it; empty between rounds. */
  input: ResourceMetrics | undefined;
  time: HrTime;
  /** The time of the points that the counts of `readings` come from; undefined before the first. */
  countedAt: HrTime | undefined;
  readonly readings: Readings;
  /** Whether this is the first round that has it. */
  isNew: boolean;
  /** Its rank in `sent`. */
  rank: number;
  /** What was sent of it last: it is there exactly while the entity is kept. */
  sent: ResourceMetrics | undefined;
  /** The metrics of our own in `sent`. */
  extras: readonly MetricData[];
}

/** The entities that are ranked against each other. */
export interface Group {
  readonly attributes: Attributes;
  readonly key: string;
  readonly n: number;
  members: number;
  round: number;
  time: HrTime | undefined;
  /** The time of the round before. */
  since: HrTime | undefined;
  present: Member[];
  ended: Member[];
  /** Who was at the top in the round before, by each of the metrics that rank. */
  tops: readonly ReadonlySet<Member>[];
  remainder: Remainder | undefined;
}

export interface EntitiesOptions {
  readonly groupBy: readonly string[];
  /** How many metrics are measured. */
  readonly measured: number;
  readonly isEntity: (input: ResourceMetrics) => boolean;
  readonly placesOf: (group: Attributes) => number;
}

export interface Entities {
  readonly members: ReadonlyMap<string, Member>;
  readonly groups: ReadonlyMap<string, Group>;
  /** The entity of this resource if it is known. */
  find(input: ResourceMetrics): Member | undefined;
  /** The entity of this resource, known or new; undefined if the resource is none. */
  meet(input: ResourceMetrics): Member | undefined;
  forget(member: Member): void;
  forgetGroup(group: Group): void;
}

export function createEntities({ groupBy, measured, isEntity, placesOf }: EntitiesOptions): Entities {
  const members = new Map<string, Member>();
  const groups = new Map<string, Group>();
  const byAttributes = new WeakMap<Attributes, Member>();
  let met = 0;

  function groupOf(attributes: Attributes): Group {
    const own = Object.fromEntries(
      groupBy.filter((name) => attributes[name] !== undefined).map((name) => [name, attributes[name]]),
    );
    const key = attributesKey(own);
    let group = groups.get(key);
    if (!group) {
      group = {
        attributes: own,
        key,
        n: placesOf(own),
        members: 0,
        round: 0,
        time: undefined,
        since: undefined,
        present: [],
        ended: [],
        tops: [],
        remainder: undefined,
      };
      groups.set(key, group);
    }
    return group;
  }

  function create(attributes: Attributes, key: string): Member {
    const group = groupOf(attributes);
    group.members++;
    return {
      group,
      order: met++,
      key,
      forgotten: false,
      round: 0,
      input: undefined,
      time: [0, 0],
      countedAt: undefined,
      readings: createReadings(measured),
      isNew: true,
      rank: 0,
      sent: undefined,
      extras: [],
    };
  }

  function find({ resource: { attributes } }: ResourceMetrics): Member | undefined {
    const known = byAttributes.get(attributes);
    if (known !== undefined && !known.forgotten) return known;
    const member = members.get(attributesKey(attributes));
    if (member) byAttributes.set(attributes, member);
    return member;
  }

  return {
    members,
    groups,
    find,
    meet(input) {
      const { attributes } = input.resource;
      const known = byAttributes.get(attributes);
      if (known !== undefined && !known.forgotten) return known;
      // Without an attribute that marks entities, one that has lost its metric is still known by its attributes.
      if (!isEntity(input)) return members.size > 0 ? find(input) : undefined;
      const key = attributesKey(attributes);
      let member = members.get(key);
      if (!member) members.set(key, (member = create(attributes, key)));
      byAttributes.set(attributes, member);
      return member;
    },
    forget(member) {
      member.forgotten = true;
      members.delete(member.key);
      member.group.members--;
    },
    forgetGroup: (group) => void groups.delete(group.key),
  };
}
