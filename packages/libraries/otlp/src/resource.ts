import type { Resource, Scope } from '@millrace/core';
import { rememberedAttributes, writeText } from './values.ts';
import type { Writer } from './writer.ts';

// The resource and the scope are field 1, their schema_url field 3, of what holds them: metrics, logs, spans.
const holderTag = { subject: 0x0a, schemaUrl: 0x1a } as const;
// opentelemetry/proto/resource/v1/resource.proto, InstrumentationScope in common.proto
const resourceTag = { attributes: 0x0a, droppedAttributesCount: 0x10 } as const;
const scopeTag = { name: 0x0a, version: 0x12, attributes: 0x1a, droppedAttributesCount: 0x20 } as const;

const writeResourceAttributes = rememberedAttributes(resourceTag.attributes);
const writeScopeAttributes = rememberedAttributes(scopeTag.attributes);

export function writeResource(writer: Writer, { attributes, droppedAttributesCount }: Resource): void {
  const mark = writer.length;
  writeCount(writer, resourceTag.droppedAttributesCount, droppedAttributesCount);
  writeResourceAttributes(writer, attributes);
  writer.message(holderTag.subject, mark);
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
