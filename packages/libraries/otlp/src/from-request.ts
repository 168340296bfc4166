import type { Batch, Metadata, Resource, ResourceBatch, ResourcePart, Signal } from '@millrace/core';
import { encodedBatch, profilesBatch } from '@millrace/core';
import { checkRequest } from './check.ts';
import { countItems } from './count.ts';
import { decodeRequest } from './decode.ts';
import { rememberEncoding } from './encode.ts';
import { keptField } from './origins.ts';
import type { Holder } from './resources.ts';
import { changeResources, holdersOf, resourceOf } from './resources.ts';

/**
 * An Export…ServiceRequest in protobuf as a batch that is decoded when someone looks. Throws a PermanentError, which says
 * what is wrong at which byte, for what is no such request. The bytes are kept: do not change them.
 */
export function batchFromRequest(signal: Signal, request: Uint8Array, metadata?: Metadata): Batch {
  const buffer = asBuffer(request);
  return batchOfChecked({ signal, request: buffer, items: checkRequest(signal, buffer), metadata });
}

/** A request that `batchFromRequest` has taken before, with what `itemCount` said of it: it is not checked again. */
export const batchFromChecked = (
  signal: Signal,
  { request, items }: { readonly request: Uint8Array; readonly items: number },
  metadata?: Metadata,
): Batch => batchOfChecked({ signal, request: asBuffer(request), items, metadata });

interface Checked {
  readonly signal: Signal;
  readonly request: Buffer;
  readonly items: number;
  readonly metadata: Metadata | undefined;
}

function batchOfChecked({ signal, request, items, metadata }: Checked): Batch {
  if (signal === 'profiles') return profilesBatch(request, items, metadata);
  const encoded = {
    items,
    bytes: request.length,
    decode: () => decodeRequest(signal, request) as never,
    split: () => holdersOf(request).map((holder) => partOf(holder, { signal, metadata })),
    mapResources: (change: (resource: Resource) => Resource) => {
      const changed = changeResources(holdersOf(request), change);
      return changed && (batchOfChecked({ signal, request: changed, items, metadata }) as ResourceBatch);
    },
  };
  const batch = encodedBatch(signal, encoded, metadata);
  rememberEncoding(batch, request);
  return batch;
}

function partOf(holder: Holder, { signal, metadata }: Pick<Checked, 'signal' | 'metadata'>): ResourcePart {
  const field = keptField(holder.field);
  const batch = batchOfChecked({ signal, request: field, items: countItems(signal, field), metadata });
  return {
    get resource() {
      return resourceOf(holder);
    },
    batch: batch as ResourceBatch,
  };
}

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
