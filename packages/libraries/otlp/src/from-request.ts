import type { Batch, Metadata, Signal } from '@millrace/core';
import { profilesBatch } from '@millrace/core';
import { checkRequest } from './check.ts';
import { EncodedRequest } from './encoded-request.ts';

/**
 * An Export…ServiceRequest in protobuf as a batch that is decoded when someone looks. Throws a PermanentError, which says
 * what is wrong at which byte, for what is no such request. The bytes are kept: do not change them.
 */
export const batchFromRequest = (signal: Signal, request: Uint8Array, metadata?: Metadata): Batch =>
  batchFromChecked(signal, { request, items: checkRequest(signal, request) }, metadata);

/** A request that `batchFromRequest` has taken before, with what `itemCount` said of it: it is not checked again. */
export function batchFromChecked(
  signal: Signal,
  { request, items }: { readonly request: Uint8Array; readonly items: number },
  metadata?: Metadata,
): Batch {
  const bytes = asBuffer(request);
  if (signal === 'profiles') return profilesBatch(bytes, items, metadata);
  return new EncodedRequest(signal, bytes, { items, metadata }).batch();
}

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
