import type { Attributes, HrTime, Resource, Scope } from './common.ts';

/** OTLP's numbers. */
export const spanKind = { unspecified: 0, internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const;
export const spanStatus = { unset: 0, ok: 1, error: 2 } as const;

export interface SpanEvent {
  readonly name: string;
  readonly time: HrTime;
  readonly attributes: Attributes;
  readonly droppedAttributesCount?: number | undefined;
}

export interface SpanLink {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  readonly traceState?: string | undefined;
  readonly flags?: number | undefined;
  readonly attributes: Attributes;
  readonly droppedAttributesCount?: number | undefined;
}

export interface Span {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  readonly parentSpanId?: string | undefined;
  readonly traceState?: string | undefined;
  /** The W3C trace flags in the low byte, and OTLP's bits on whether the parent is remote. */
  readonly flags?: number | undefined;
  readonly name: string;
  /** One of `spanKind`. */
  readonly kind: number;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly attributes: Attributes;
  readonly droppedAttributesCount?: number | undefined;
  readonly events?: readonly SpanEvent[] | undefined;
  readonly droppedEventsCount?: number | undefined;
  readonly links?: readonly SpanLink[] | undefined;
  readonly droppedLinksCount?: number | undefined;
  /** `code` is one of `spanStatus`. */
  readonly status?: { readonly code: number; readonly message?: string | undefined } | undefined;
}

export interface ScopeSpans {
  readonly scope: Scope;
  readonly spans: readonly Span[];
}

export interface ResourceSpans {
  readonly resource: Resource;
  readonly scopeSpans: readonly ScopeSpans[];
}
