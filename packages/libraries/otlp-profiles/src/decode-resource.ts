import type { AnyValue, Resource, Scope } from '@millrace/core';
import type { Cursor } from './cursor.ts';
import { readKeyValue } from './decode-values.ts';

type Text = (index: number) => string;
type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

const resourceTag = { attributes: 0x0a, droppedAttributes: 0x10 } as const;
const scopeTag = { name: 0x0a, version: 0x12, attributes: 0x1a, droppedAttributes: 0x20 } as const;

/** A Resource whose length comes next. */
export function readResource(cursor: Cursor, text: Text): Resource {
  const attributes: Record<string, AnyValue> = {};
  const resource: Writable<Resource> = { attributes };
  const outer = cursor.enter();
  for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag())
    if (tag === resourceTag.attributes) readKeyValue(cursor, attributes, { text });
    else if (tag === resourceTag.droppedAttributes) resource.droppedAttributesCount = cursor.uint();
    else cursor.skip(tag, resourceTag);
  cursor.leave(outer);
  return resource;
}

/** An InstrumentationScope whose length comes next. */
export function readScope(cursor: Cursor, text: Text): Scope {
  const attributes: Record<string, AnyValue> = {};
  const scope: Writable<Scope> = { name: '', attributes };
  const outer = cursor.enter();
  for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag())
    if (tag === scopeTag.name) scope.name = cursor.text();
    else if (tag === scopeTag.version) scope.version = cursor.text();
    else if (tag === scopeTag.attributes) readKeyValue(cursor, attributes, { text });
    else if (tag === scopeTag.droppedAttributes) scope.droppedAttributesCount = cursor.uint();
    else cursor.skip(tag, scopeTag);
  cursor.leave(outer);
  return scope;
}
