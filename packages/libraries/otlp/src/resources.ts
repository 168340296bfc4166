import type { Resource } from '@millrace/core';
import { bounded } from './bounded.ts';
import { Cursor } from './cursor.ts';
import { decodeResource, emptyResource } from './decode-resource.ts';
import { writeResource, writeSchemaUrl } from './resource.ts';
import { Writer } from '@millrace/protobuf';

// ResourceMetrics, ResourceLogs and ResourceSpans have the same numbers, and so have their requests.
export const holderTag = { request: 0x0a, resource: 0x0a, scope: 0x12, schemaUrl: 0x1a } as const;

/** One resource in a request: the bytes of a ResourceMetrics, ResourceLogs or ResourceSpans. */
export interface Holder {
  /** With its tag and length. */
  readonly field: Buffer;
  readonly content: Buffer;
}

/** The resources of a checked request, in their order. They share its memory. */
export function holdersOf(request: Buffer): readonly Holder[] {
  const holders: Holder[] = [];
  const cursor = new Cursor(request);
  while (cursor.at < request.length) {
    const { at } = cursor;
    const tag = cursor.varint();
    if (tag === holderTag.request) {
      const content = cursor.slice();
      holders.push({ field: request.subarray(at, cursor.at), content });
    } else cursor.skip(tag);
  }
  return holders;
}

/** What a Resource is made of, and everything else. */
interface Opened {
  /** Its fields: the Resource and the schema URL. */
  readonly head: readonly Buffer[];
  readonly rest: readonly Buffer[];
}

function open(content: Buffer): Opened {
  const head: Buffer[] = [];
  const rest: Buffer[] = [];
  const cursor = new Cursor(content);
  let restAt = 0;
  while (cursor.at < content.length) {
    const { at } = cursor;
    const tag = cursor.varint();
    cursor.skip(tag);
    if (tag !== holderTag.resource && tag !== holderTag.schemaUrl) continue;
    head.push(content.subarray(at, cursor.at));
    if (restAt < at) rest.push(content.subarray(restAt, at));
    restAt = cursor.at;
  }
  if (restAt < content.length) rest.push(content.subarray(restAt));
  return { head, rest };
}

const keyOf = (head: readonly Buffer[]): string => head.map((field) => field.toString('latin1')).join('');

// A fleet sends the same resources again and again.
const known = bounded<Resource>(4096);

/** The same object for the same bytes, mostly: what is cached under its identity lives on from request to request. */
export const resourceOf = ({ content }: Holder): Resource => decodeHead(open(content).head);

function decodeHead(head: readonly Buffer[]): Resource {
  return known(keyOf(head), () => {
    const resource = emptyResource();
    for (const field of head) {
      const cursor = new Cursor(field);
      const tag = cursor.varint();
      if (tag === holderTag.resource) decodeResource(cursor, cursor.end(), resource);
      else resource.schemaUrl = cursor.text() || undefined;
    }
    return resource;
  });
}

type Change = (resource: Resource) => Resource;
const changes = new WeakMap<Change, ReturnType<typeof bounded<Uint8Array | undefined>>>();
const writer = new Writer(4096);

/**
 * The request with its resources changed, all below them copied. Undefined where none changed. What `change` made of a
 * resource is remembered, so it must always make the same of the same.
 */
export function changeResources(holders: readonly Holder[], change: Change): Buffer | undefined {
  let remembered = changes.get(change);
  if (!remembered) changes.set(change, (remembered = bounded(4096)));
  const fields: Uint8Array[] = [];
  let changed = false;
  for (const { field, content } of holders) {
    const { head, rest } = open(content);
    const replaced = remembered(keyOf(head), () => changedHead(head, change));
    if (replaced) {
      fields.push(...messageField([replaced, ...rest]));
      changed = true;
    } else fields.push(field);
  }
  return changed ? Buffer.concat(fields) : undefined;
}

function changedHead(head: readonly Buffer[], change: Change): Uint8Array | undefined {
  const resource = decodeHead(head);
  const changed = change(resource);
  if (changed === resource) return undefined;
  writer.rewind();
  writeSchemaUrl(writer, changed.schemaUrl);
  writeResource(writer, changed);
  return writer.copy();
}

function messageField(content: readonly Uint8Array[]): readonly Uint8Array[] {
  let size = 0;
  for (const part of content) size += part.length;
  writer.rewind();
  writer.varint(size);
  writer.tag(holderTag.request);
  return [writer.copy(), ...content];
}
