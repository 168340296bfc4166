/** [seconds, nanoseconds] since the Unix epoch. */
export type HrTime = readonly [number, number];

/** OTLP's AnyValue. An integer beyond 2^53 is a bigint; an empty value is null. */
export type AnyValue =
  | string
  | boolean
  | number
  | bigint
  | Uint8Array
  | null
  | readonly AnyValue[]
  | { readonly [key: string]: AnyValue };

/**
 * Consumers cache what they derive from an attributes object (encoded bytes, rendered labels) under its identity: the
 * producer that passes the same object for the same attributes makes everything after it cheaper.
 */
export type Attributes = { readonly [key: string]: AnyValue | undefined };

/** Which of a resource's attributes identify and describe an entity (OTLP's EntityRef). */
export interface EntityRef {
  readonly type: string;
  readonly idKeys: readonly string[];
  readonly descriptionKeys?: readonly string[] | undefined;
  readonly schemaUrl?: string | undefined;
}

export interface Resource {
  readonly attributes: Attributes;
  readonly entityRefs?: readonly EntityRef[] | undefined;
  readonly schemaUrl?: string | undefined;
  readonly droppedAttributesCount?: number | undefined;
}

export interface Scope {
  readonly name: string;
  readonly version?: string | undefined;
  readonly schemaUrl?: string | undefined;
  readonly attributes?: Attributes | undefined;
  readonly droppedAttributesCount?: number | undefined;
}

export function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}

/** Nanoseconds since the epoch, as OTLP carries them. */
export const nanoseconds = ([seconds, nanos]: HrTime): bigint => BigInt(seconds) * 1_000_000_000n + BigInt(nanos);

/** Below 0 where `a` is the earlier, 0 where both are the same. */
export const compareTimes = (a: HrTime, b: HrTime): number => a[0] - b[0] || a[1] - b[1];
