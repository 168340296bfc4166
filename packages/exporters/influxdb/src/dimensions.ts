import type { AnyValue, Attributes, Resource, Scope } from '@millrace/core';
import { jsonText } from '@millrace/core';
import type { Tags } from './line/tags.ts';
import { tagsOf } from './line/tags.ts';

/** What becomes of the attributes of a record or a span: some are tags, the others one field of JSON. */
export interface Divided {
  readonly tags: Tags;
  /** Undefined if there are none. */
  readonly json: string | undefined;
}

/** Divides the attributes of what is of one resource and scope. What is given besides are tags. */
export type Divide = (attributes: Attributes, besides: Attributes) => Divided;

/** The more special stands before the more general: a record's before its scope's, and that before its resource's. */
export function dividing(dimensions: readonly string[]): (resource: Resource, scope: Scope) => Divide {
  const isTag: ReadonlySet<string> = new Set(dimensions);
  const divided = (attributes: Attributes): { tags: Attributes; rest: Attributes } => {
    const sides: { tags: Record<string, AnyValue>; rest: Record<string, AnyValue> } = { tags: {}, rest: {} };
    for (const key in attributes) {
      const value = attributes[key];
      if (key !== '' && value !== undefined) sides[isTag.has(key) ? 'tags' : 'rest'][key] = value;
    }
    return sides;
  };
  return (resource, scope) => {
    const common = divided({
      ...resource.attributes,
      ...scope.attributes,
      ...(scope.name !== '' && { 'otel.library.name': scope.name }),
      ...(scope.version && { 'otel.library.version': scope.version }),
    });
    const commonTags = tagsOf(common.tags);
    const commonJson = members(common.rest);
    return (attributes, besides) => {
      const own = divided(attributes);
      const overlaps = Object.keys(own.rest).some((key) => Object.hasOwn(common.rest, key));
      const json = overlaps
        ? members({ ...common.rest, ...own.rest })
        : [commonJson, members(own.rest)].filter((part) => part !== '').join();
      const isCommon = Object.keys(own.tags).length === 0 && Object.keys(besides).length === 0;
      return {
        tags: isCommon ? commonTags : tagsOf({ ...common.tags, ...own.tags, ...besides }),
        json: json === '' ? undefined : `{${json}}`,
      };
    };
  };
}

const members = (attributes: Attributes): string => jsonText(attributes).slice(1, -1);
