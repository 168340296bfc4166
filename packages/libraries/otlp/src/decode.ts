import type { ResourcesOf } from '@millrace/core';
import { Cursor } from './cursor.ts';
import { decodeScopeLogs } from './decode-logs.ts';
import { decodeScopeMetrics } from './decode-metrics.ts';
import { decodeScopeSpans } from './decode-traces.ts';
import { rememberField } from './origins.ts';
import type { Holder } from './resources.ts';
import { holdersOf, holderTag, resourceOf } from './resources.ts';

const decoders: { readonly [S in keyof ResourcesOf]: (holder: Holder) => ResourcesOf[S][number] } = {
  metrics: (holder) => ({ resource: resourceOf(holder), scopeMetrics: scopesOf(holder, decodeScopeMetrics) }),
  logs: (holder) => ({ resource: resourceOf(holder), scopeLogs: scopesOf(holder, decodeScopeLogs) }),
  traces: (holder) => ({ resource: resourceOf(holder), scopeSpans: scopesOf(holder, decodeScopeSpans) }),
};

function scopesOf<Scope>({ content }: Holder, decodeScope: (cursor: Cursor, end: number) => Scope): readonly Scope[] {
  const scopes: Scope[] = [];
  const cursor = new Cursor(content);
  while (cursor.at < content.length) {
    const tag = cursor.varint();
    if (tag === holderTag.scope) scopes.push(decodeScope(cursor, cursor.end()));
    else cursor.skip(tag);
  }
  return scopes;
}

/** The resources of a request that has been checked, as objects. */
export function decodeRequest<S extends keyof ResourcesOf>(signal: S, request: Buffer): ResourcesOf[S] {
  const resources = holdersOf(request).map((holder) => {
    const decoded = decoders[signal](holder);
    rememberField(decoded, holder.field);
    return decoded;
  });
  return resources as unknown as ResourcesOf[S];
}
