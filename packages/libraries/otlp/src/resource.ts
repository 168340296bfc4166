import type { EntityRef, Resource, Scope } from '@millrace/core';
import { rememberedAttributes, writeText } from './values.ts';
import type { Writer } from '@millrace/protobuf';

// The resource and the scope are field 1, their schema_url field 3, of what holds them: metrics, logs, spans.
const holderTag = { subject: 0x0a, schemaUrl: 0x1a } as const;
// opentelemetry/proto/resource/v1/resource.proto, InstrumentationScope in common.proto
const resourceTag = { attributes: 0x0a, droppedAttributesCount: 0x10, entityRefs: 0x1a } as const;
const entityTag = { schemaUrl: 0x0a, type: 0x12, idKeys: 0x1a, descriptionKeys: 0x22 } as const;
const scopeTag = { name: 0x0a, version: 0x12, attributes: 0x1a, droppedAttributesCount: 0x20 } as const;

const writeResourceAttributes = rememberedAttributes(resourceTag.attributes);
const writeScopeAttributes = rememberedAttributes(scopeTag.attributes);

export function writeResource(writer: Writer, { attributes, droppedAttributesCount, entityRefs = [] }: Resource): void {
  const mark = writer.length;
  for (let index = entityRefs.length - 1; index >= 0; index--) writeEntityRef(writer, entityRefs[index]!);
  writeCount(writer, resourceTag.droppedAttributesCount, droppedAttributesCount);
  writeResourceAttributes(writer, attributes);
  writer.message(holderTag.subject, mark);
}

function writeEntityRef(writer: Writer, { type, idKeys, descriptionKeys = [], schemaUrl }: EntityRef): void {
  const mark = writer.length;
  for (let index = descriptionKeys.length - 1; index >= 0; index--)
    writeText(writer, entityTag.descriptionKeys, descriptionKeys[index]!);
  for (let index = idKeys.length - 1; index >= 0; index--) writeText(writer, entityTag.idKeys, idKeys[index]!);
  if (type) writeText(writer, entityTag.type, type);
  if (schemaUrl) writeText(writer, entityTag.schemaUrl, schemaUrl);
  writer.message(resourceTag.entityRefs, mark);
}

export function writeScope(writer: Writer, { name, version, attributes, droppedAttributesCount }: Scope): void {
  const mark = writer.length;
  writeCount(writer, scopeTag.droppedAttributesCount, droppedAttributesCount);
  if (attributes) writeScopeAttributes(writer, attributes);
  if (version) writeText(writer, scopeTag.version, version);
  if (name) writeText(writer, scopeTag.name, name);
  writer.message(holderTag.subject, mark);
}

export function writeSchemaUrl(writer: Writer, schemaUrl: string | undefined): void {
  if (schemaUrl) writeText(writer, holderTag.schemaUrl, schemaUrl);
}

/** A uint32 that is absent when it is 0. */
export function writeCount(writer: Writer, tag: number, count: number | undefined): void {
  if (!count) return;
  writer.varint(count >>> 0);
  writer.tag(tag);
}

/** An int32 or an enum that is absent when it is 0. */
export function writeInt32(writer: Writer, tag: number, value: number | undefined): void {
  if (!value) return;
  if (value > 0) writer.varint(value);
  else writer.varint64(BigInt(value));
  writer.tag(tag);
}
