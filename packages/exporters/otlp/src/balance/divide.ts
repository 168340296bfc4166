import type { Batch, Resource, ResourceBatch, ResourceSpans, ScopeSpans, Span, TracesBatch } from '@millrace/core';
import { attributesKey, mergeBatches, splitByResource, tracesBatch } from '@millrace/core';
import { hashText } from './rendezvous.ts';

/** By what batches are divided: all data of one resource, or of one trace, goes to the same place. */
export type Key = 'resource' | 'trace_id';

/** The parts of a batch, by the place that `choose` gives for their hash, in their order; what is encoded stays so. */
export function divide<P>(
  batch: Batch,
  { key, choose }: { readonly key: Key; readonly choose: (hash: number) => P },
): ReadonlyMap<P, Batch> {
  // Profiles cannot be taken apart. By its size, a request goes to the same place when it is tried again.
  if (batch.signal === 'profiles') return new Map([[choose(hashText(String(batch.request.length))), batch]]);
  return key === 'trace_id' && batch.signal === 'traces' ? byTrace(batch, choose) : byResource(batch, choose);
}

function byResource<P>(batch: ResourceBatch, choose: (hash: number) => P): ReadonlyMap<P, Batch> {
  const shares = new Map<P, ResourceBatch[]>();
  for (const part of splitByResource(batch)) {
    append(shares, choose(resourceHash(part.resource)), part.batch);
  }
  if (shares.size === 1) return new Map([...shares.keys()].map((place) => [place, batch]));
  return new Map([...shares].map(([place, share]) => [place, mergeBatches(share)]));
}

const hashes = new WeakMap<Resource['attributes'], number>();

function resourceHash({ attributes }: Resource): number {
  let hash = hashes.get(attributes);
  if (hash === undefined) {
    hash = hashText(attributesKey(attributes));
    hashes.set(attributes, hash);
  }
  return hash;
}

function byTrace<P>(batch: TracesBatch, choose: (hash: number) => P): ReadonlyMap<P, Batch> {
  const places = new Map<string, P>();
  const placeOf = ({ traceId }: Span): P => {
    let place = places.get(traceId);
    if (place === undefined) {
      place = choose(hashText(traceId));
      places.set(traceId, place);
    }
    return place;
  };
  const shares = new Map<P, ResourceSpans[]>();
  for (const one of batch.resourceSpans) {
    const scopes = new Map<P, ScopeSpans[]>();
    for (const scope of one.scopeSpans)
      for (const [place, spans] of Map.groupBy(scope.spans, placeOf))
        append(scopes, place, spans.length === scope.spans.length ? scope : { ...scope, spans });
    for (const [place, scopeSpans] of scopes) append(shares, place, { ...one, scopeSpans });
  }
  if (shares.size === 1) return new Map([...shares.keys()].map((place) => [place, batch]));
  return new Map([...shares].map(([place, share]) => [place, tracesBatch(share, batch.metadata)]));
}

/** Adds to the list of a key. */
export function append<P, T>(lists: Map<P, T[]>, place: P, value: T): void {
  const list = lists.get(place);
  if (list) list.push(value);
  else lists.set(place, [value]);
}
