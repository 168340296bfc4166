import type { EntityRef, Resource, Scope } from '@millrace/core';
import { decodeAttributes, joined, noAttributes } from './attributes.ts';
import type { Cursor } from './cursor.ts';

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** What is held of a Resource while its fields come. */
export const emptyResource = (): Writable<Resource> => ({ attributes: noAttributes });

/** A Resource message that goes on to `end`. */
export function decodeResource(cursor: Cursor, end: number, resource: Writable<Resource>): void {
  while (cursor.at < end) {
    const tag = cursor.varint();
    if (tag === 0x0a) resource.attributes = joined(resource.attributes, decodeAttributes(cursor, end, tag));
    else if (tag === 0x10) resource.droppedAttributesCount = cursor.uint32();
    else if (tag === 0x1a)
      resource.entityRefs = [...(resource.entityRefs ?? []), decodeEntityRef(cursor, cursor.end())];
    else cursor.skip(tag);
  }
}

function decodeEntityRef(cursor: Cursor, end: number): EntityRef {
  let type = '';
  let schemaUrl: string | undefined;
  const idKeys: string[] = [];
  const descriptionKeys: string[] = [];
  while (cursor.at < end) {
    const tag = cursor.varint();
    if (tag === 0x0a) schemaUrl = cursor.text();
    else if (tag === 0x12) type = cursor.text();
    else if (tag === 0x1a) idKeys.push(cursor.text());
    else if (tag === 0x22) descriptionKeys.push(cursor.text());
    else cursor.skip(tag);
  }
  return {
    type,
    idKeys,
    ...(descriptionKeys.length > 0 && { descriptionKeys }),
    ...(schemaUrl !== undefined && { schemaUrl }),
  };
}

export const emptyScope = (): Writable<Scope> => ({ name: '' });

/** An InstrumentationScope that goes on to `end`. */
export function decodeScope(cursor: Cursor, end: number, scope: Writable<Scope>): void {
  while (cursor.at < end) {
    const tag = cursor.varint();
    if (tag === 0x0a) scope.name = cursor.text();
    else if (tag === 0x12) scope.version = cursor.text();
    else if (tag === 0x1a) scope.attributes = joined(scope.attributes, decodeAttributes(cursor, end, tag));
    else if (tag === 0x20) scope.droppedAttributesCount = cursor.uint32();
    else cursor.skip(tag);
  }
}
