import type { DataPoint, LogRecord, MetricData, Metadata, Resource, Scope, Span, SpanEvent } from '@millrace/core';

/** What a condition is asked about: the item of its context, and what that is in. One object may be used for many items. */
export interface Subject {
  metadata?: Metadata | undefined;
  resource?: Resource | undefined;
  scope?: Scope | undefined;
  span?: Span | undefined;
  event?: SpanEvent | undefined;
  metric?: MetricData | undefined;
  point?: DataPoint<unknown> | undefined;
  record?: LogRecord | undefined;
}

export const contexts = ['request', 'resource', 'span', 'spanevent', 'metric', 'datapoint', 'log'] as const;

/** What a condition is about; it can look at that and at what that is in. */
export type ConditionContext = (typeof contexts)[number];

/** What there is to look at. */
export type Level = ConditionContext | 'scope';

/** What a condition of each context can look at, from itself outwards. */
export const visible: Readonly<Record<ConditionContext, readonly Level[]>> = {
  request: ['request'],
  resource: ['resource', 'request'],
  span: ['span', 'scope', 'resource', 'request'],
  spanevent: ['spanevent', 'span', 'scope', 'resource', 'request'],
  metric: ['metric', 'scope', 'resource', 'request'],
  datapoint: ['datapoint', 'metric', 'scope', 'resource', 'request'],
  log: ['log', 'scope', 'resource', 'request'],
};
