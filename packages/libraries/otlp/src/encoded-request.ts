import type { Batch, Encoded, Metadata, Resource, ResourceBatch, ResourcePart, ResourcesOf } from '@millrace/core';
import { encodedBatch } from '@millrace/core';
import { countItems } from './count.ts';
import { decodeRequest } from './decode.ts';
import { keptField } from './origins.ts';
import type { Holder } from './resources.ts';
import { changeResources, holdersOf, resourceOf } from './resources.ts';

type ResourceSignal = keyof ResourcesOf;

/** A request that has been checked, as a batch's codec. */
export class EncodedRequest<S extends ResourceSignal> implements Encoded<S> {
  readonly signal: S;
  readonly request: Buffer<ArrayBuffer>;
  readonly items: number;
  readonly metadata: Metadata | undefined;

  constructor(signal: S, request: Buffer, { items, metadata }: Known) {
    this.signal = signal;
    this.request = request as Buffer<ArrayBuffer>;
    this.items = items;
    this.metadata = metadata;
  }

  get bytes(): number {
    return this.request.length;
  }

  batch(): Extract<Batch, { signal: S }> {
    return encodedBatch(this.signal, this, this.metadata);
  }

  decode(): ResourcesOf[S] {
    return decodeRequest(this.signal, this.request);
  }

  split(): readonly ResourcePart[] {
    return holdersOf(this.request).map((holder) => this.#part(holder));
  }

  mapResources(change: (resource: Resource) => Resource): ResourceBatch | undefined {
    const changed = changeResources(holdersOf(this.request), change);
    return changed && new EncodedRequest<ResourceSignal>(this.signal, changed, this).batch();
  }

  #part(holder: Holder): ResourcePart {
    const { signal, metadata } = this;
    const field = keptField(holder.field);
    const items = countItems(signal, field);
    return {
      get resource() {
        return resourceOf(holder);
      },
      batch: new EncodedRequest<ResourceSignal>(signal, field, { items, metadata }).batch(),
    };
  }
}

interface Known {
  readonly items: number;
  readonly metadata: Metadata | undefined;
}
