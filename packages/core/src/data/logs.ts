import type { AnyValue, Attributes, HrTime, Resource, Scope } from './common.ts';

export interface LogRecord {
  /** When the event happened; absent if the source does not know. */
  readonly time?: HrTime | undefined;
  readonly observedTime: HrTime;
  /** OTLP's SeverityNumber, 1 to 24. */
  readonly severityNumber?: number | undefined;
  readonly severityText?: string | undefined;
  readonly body?: AnyValue | undefined;
  readonly attributes: Attributes;
  readonly eventName?: string | undefined;
  readonly traceId?: string | undefined;
  readonly spanId?: string | undefined;
  readonly flags?: number | undefined;
  readonly droppedAttributesCount?: number | undefined;
}

export interface ScopeLogs {
  readonly scope: Scope;
  readonly logRecords: readonly LogRecord[];
}

export interface ResourceLogs {
  readonly resource: Resource;
  readonly scopeLogs: readonly ScopeLogs[];
}
