import type { Batch } from '@millrace/core';
import { encode } from '@millrace/otlp';

/** The bytes of a request that made the batch. */
export const encodedRequest = (batch: Batch): Uint8Array => (batch.signal === 'profiles' ? batch.request : encode(batch));
