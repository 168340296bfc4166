import type { LogRecord, LogsBatch, Resource, ResourceLogs, ScopeLogs } from '@millrace/core';
import { logsBatch } from '@millrace/core';
import type { FilterConfig, LogConditions } from './config.ts';
import { attributesMatch, scalarText, textMatch } from './match.ts';
import { narrow } from './narrow.ts';
import { severityNumber } from './severity.ts';

type RecordMatch = (record: LogRecord) => boolean;

const everything: RecordMatch = () => true;
const nothing: RecordMatch = () => false;

/** The part of a batch that passes; the batch itself if all of it does. */
export function logsFilter({ include, exclude }: NonNullable<FilterConfig['logs']>) {
  const included = include ? compile(include) : () => everything;
  const excluded = exclude ? compile(exclude) : () => nothing;

  return (batch: LogsBatch): LogsBatch => {
    const resourceLogs = narrow(batch.resourceLogs, (resource): ResourceLogs | undefined => {
      const wanted = included(resource.resource);
      const unwanted = excluded(resource.resource);
      const scopeLogs = narrow(resource.scopeLogs, (scope): ScopeLogs | undefined => {
        const logRecords = narrow(scope.logRecords, (record) =>
          wanted(record) && !unwanted(record) ? record : undefined,
        );
        if (logRecords === scope.logRecords) return scope;
        return logRecords.length > 0 ? { ...scope, logRecords } : undefined;
      });
      if (scopeLogs === resource.scopeLogs) return resource;
      return scopeLogs.length > 0 ? { ...resource, scopeLogs } : undefined;
    });
    return resourceLogs === batch.resourceLogs ? batch : logsBatch(resourceLogs);
  };
}

function compile(conditions: LogConditions): (resource: Resource) => RecordMatch {
  const { match_type: type, bodies, severity_texts: severityTexts, severity_number: severity } = conditions;
  const resourceMatches = attributesMatch(type, conditions.resource_attributes ?? []);
  const tests: RecordMatch[] = [];
  if (severity) {
    const min = severityNumber(severity.min);
    // OTLP's 0 says as little as no number at all.
    tests.push(({ severityNumber: number }) => (number ? number >= min : severity.match_undefined));
  }
  if (severityTexts?.length) {
    const matches = textMatch(type, severityTexts);
    tests.push(({ severityText }) => severityText !== undefined && matches(severityText));
  }
  if (conditions.record_attributes?.length) {
    const matches = attributesMatch(type, conditions.record_attributes);
    tests.push(({ attributes }) => matches(attributes));
  }
  if (bodies?.length) {
    const matches = textMatch(type, bodies);
    tests.push(({ body }) => {
      const text = scalarText(body ?? null);
      return text !== undefined && matches(text);
    });
  }
  const match: RecordMatch = (record) => tests.every((test) => test(record));
  return ({ attributes }) => (resourceMatches(attributes) ? match : nothing);
}
