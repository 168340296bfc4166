import { type Conditions, severities } from '@millrace/attribute-actions/match';
import type { FilterConfig, LogConditions, MetricConditions, SpanConditions } from './config.ts';

interface Blocks {
  readonly include?: Conditions | undefined;
  readonly exclude?: Conditions | undefined;
}

/** What the config says of each signal; nothing of one that passes whole. */
export const blocksOf = ({ metrics, logs, spans }: FilterConfig) => ({
  metrics: metrics && blocks(metrics, ofMetrics),
  logs: logs && blocks(logs, ofLogs),
  traces: spans && blocks(spans, ofSpans),
});

const blocks = <T>(
  { include, exclude }: { readonly include?: T; readonly exclude?: T },
  conditionsOf: (block: T) => Conditions,
): Blocks => ({ include: include && conditionsOf(include), exclude: exclude && conditionsOf(exclude) });

const ofMetrics = (block: MetricConditions): Conditions => ({
  matchType: block.match_type,
  resource: block.resource_attributes,
  metricNames: block.metric_names,
  attributes: block.attributes,
});

const ofLogs = ({ severity_number: severity, ...block }: LogConditions): Conditions => ({
  matchType: block.match_type,
  resource: block.resource_attributes,
  attributes: block.record_attributes,
  bodies: block.bodies,
  severityTexts: block.severity_texts,
  severityNumber: severity && {
    min: severities.indexOf(severity.min) + 1,
    matchUndefined: severity.match_undefined,
  },
});

const ofSpans = (block: SpanConditions): Conditions => ({
  matchType: block.match_type,
  services: block.services,
  resource: block.resources,
  libraries: block.libraries,
  attributes: block.attributes,
  spanNames: block.span_names,
  spanKinds: block.span_kinds,
});
