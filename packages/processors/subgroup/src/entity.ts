import { isDeepStrictEqual } from 'node:util';
import type { Attributes, Resource } from '@millrace/core';
import type { Place } from './group.ts';
import type { Member } from './member.ts';
import { createMember } from './member.ts';
import type { Classified, RuleSet } from './rules.ts';
import { classify } from './rules.ts';
import type { DropReason } from './selection.ts';

/** A resource that is a process, and what has been decided of it. */
export interface Entity {
  readonly attributes: Attributes;
  /** The rules that decided. */
  readonly rules: RuleSet;
  readonly dropped: DropReason | undefined;
  /** The resource with the attributes of its group. */
  readonly resource: Resource;
  readonly place: Place;
  member: Member;
}

export interface EntitiesOptions {
  readonly select: (classified: Classified) => DropReason | undefined;
  /** Attributes that keep sums apart, beside group and subgroup. */
  readonly sumBy: readonly string[];
  readonly find: (identity: string) => Member | undefined;
}

export interface Entities {
  /** The process that this resource is, decided once for each resource. Undefined for anything else. */
  of(resource: Resource, rules: RuleSet): Entity | undefined;
  /** Decides anew, by other rules. */
  renew(resource: Resource, rules: RuleSet): Entity;
  /** The entity as which the process has been seen last. A process that executes another program goes on as another. */
  current(member: Member): Entity | undefined;
  setCurrent(entity: Entity): void;
}

export function entities({ select, sumBy, find }: EntitiesOptions): Entities {
  const byResource = new WeakMap<Resource, Entity>();
  const byMember = new WeakMap<Member, Entity>();

  function create(resource: Resource, rules: RuleSet): Entity {
    const { attributes } = resource;
    const classified = classify(rules, attributes);
    const identity = identityOf(attributes, sumBy);
    return {
      attributes,
      rules,
      dropped: select(classified),
      resource: withGroup(resource, classified),
      place: placeOf(attributes, classified, sumBy),
      member: find(identity) ?? createMember(identity, creationSeconds(attributes)),
    };
  }

  return {
    of(resource, rules) {
      let entity = byResource.get(resource);
      if (entity) {
        // Gone and back: another resource may have taken up the process since.
        if (!entity.member.group) entity.member = find(entity.member.identity) ?? entity.member;
        return entity;
      }
      const { attributes } = resource;
      if (attributes['process.pid'] === undefined) return undefined;
      // What is decoded from OTLP is another object in each batch.
      const member = find(identityOf(attributes, sumBy));
      const known = member && byMember.get(member);
      entity = known && sameAttributes(known.attributes, attributes) ? known : create(resource, rules);
      byResource.set(resource, entity);
      return entity;
    },
    renew(resource, rules) {
      const entity = create(resource, rules);
      byResource.set(resource, entity);
      return entity;
    },
    current: (member) => byMember.get(member),
    setCurrent: (entity) => void byMember.set(entity.member, entity),
  };
}

/** A pid is used again, so the start time belongs to it; names and command lines change in a process's life. */
const identityOf = (attributes: Attributes, sumBy: readonly string[]): string =>
  `${String(attributes['process.pid'])} ${String(attributes['process.creation.time'])} ${sumByKey(attributes, sumBy)}`;

const sumByKey = (attributes: Attributes, sumBy: readonly string[]): string =>
  sumBy.map((key) => (attributes[key] === undefined ? '' : JSON.stringify(String(attributes[key])))).join();

const withGroup = (resource: Resource, { group, subgroup }: Classified): Resource =>
  Object.freeze({
    ...resource,
    attributes: Object.freeze({ ...resource.attributes, 'process.group': group, 'process.subgroup': subgroup }),
  });

function placeOf(attributes: Attributes, { group, subgroup }: Classified, sumBy: readonly string[]): Place {
  const host = sumByKey(attributes, sumBy);
  const own: Record<string, Attributes[string]> = { 'process.group': group, 'process.subgroup': subgroup };
  for (const key of sumBy) if (attributes[key] !== undefined) own[key] = attributes[key];
  return {
    key: JSON.stringify([group, subgroup, host]),
    sumBy: host,
    resource: Object.freeze({ attributes: Object.freeze(own) }),
  };
}

function creationSeconds(attributes: Attributes): number | undefined {
  const ms = Date.parse(String(attributes['process.creation.time']));
  return Number.isNaN(ms) ? undefined : ms / 1000;
}

function sameAttributes(a: Attributes, b: Attributes): boolean {
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  return names.every((name) => a[name] === b[name] || isDeepStrictEqual(a[name], b[name]));
}
