import { rememberRecurring } from '@millrace/attribute-actions';
import type { Attributes, Scope } from '@millrace/core';
import { hostname } from 'node:os';
import type { MapConfig } from './config.ts';
import { hostOf } from './host.ts';
import { resourceTags } from './resource-tags.ts';
import { attributeTags, scopeTags } from './tags.ts';

/** The tags of a point with these attributes. */
export type TagsOf = (attributes: Attributes) => readonly string[];

/** What is derived from a resource. */
export interface Place {
  readonly host: string | undefined;
  readonly tagsIn: (scope: Scope) => TagsOf;
  /** The same for resources that Datadog cannot tell apart. */
  readonly key: string;
}

/** Finds the place of a resource by its attributes. What recurs is derived once. */
export function createPlaces({ metrics: rules, tags: given, hostname: configured }: MapConfig) {
  const fallbackHost = configured ?? (hostname() || undefined);
  const tagsOfScope = rememberRecurring(scopeTags);
  const takesAll = rules.resource_attributes_as_tags;
  const takesScope = rules.instrumentation_scope_metadata_as_tags;

  return rememberRecurring((resource: Attributes): Place => {
    const tags = [...new Set([...(takesAll ? attributeTags(resource) : []), ...resourceTags(resource), ...given])];
    const own: TagsOf = takesAll ? (attributes) => attributeTags(without(attributes, resource)) : attributeTags;
    const withTags = (more: readonly string[]): TagsOf => {
      const shared = [...tags, ...more];
      return rememberRecurring((attributes: Attributes) => [...own(attributes), ...shared]);
    };
    const host = hostOf(resource, fallbackHost);
    const inAny = takesScope ? undefined : withTags([]);
    return {
      host,
      key: JSON.stringify([host, ...tags.toSorted()]),
      tagsIn: inAny ? () => inAny : rememberRecurring((scope: Scope) => withTags(tagsOfScope(scope))),
    };
  });
}

/** The attributes whose names are not among the others. */
function without(attributes: Attributes, others: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([key]) => others[key] === undefined));
}
