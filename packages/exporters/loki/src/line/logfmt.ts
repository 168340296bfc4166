import type { AnyValue, Attributes, LogRecord, Resource, Scope } from '@millrace/core';
import { valueText } from '@millrace/core';

type IsShown = (key: string) => boolean;

/** The record as the collector's exporter writes it; `tail` is what `logfmtTail` made of where it comes from. */
export function logfmtLine(record: LogRecord, isShown: IsShown, tail: string): string {
  const { body, traceId, spanId, severityText, flags, attributes, eventName } = record;
  let line = eventName ? pair('name', eventName) : '';
  line += bodyPairs(body);
  if (traceId) line += pair('traceID', traceId);
  if (spanId) line += pair('spanID', spanId);
  if (severityText) line += pair('severity', severityText);
  if (flags) line += pair('flags', String(flags));
  return (line + attributePairs(attributes, 'attribute_', isShown) + tail).slice(1);
}

export function logfmtTail(resource: Resource, isShown: IsShown, { name, version, attributes = {} }: Scope): string {
  return (
    attributePairs(resource.attributes, 'resource_', isShown) +
    (name === '' ? '' : pair('instrumentation_scope_name', name)) +
    (version ? pair('instrumentation_scope_version', version) : '') +
    attributePairs(attributes, 'instrumentation_scope_attribute_', () => true)
  );
}

/** Text that is pairs already stays as it is. */
const isLogfmt = /^(?:[^\s="]+=(?:[^\s="]+|"(?:[^"\\]|\\.)*")?(?: +|$))+$/;

function bodyPairs(body: AnyValue | undefined): string {
  if (typeof body === 'string') return isLogfmt.test(body) ? ` ${body.trimEnd()}` : pair('msg', body);
  if (typeof body !== 'object' || body === null || body instanceof Uint8Array)
    return body === undefined || body === null ? '' : pair('msg', valueText(body));
  return pairs(Array.isArray(body) ? 'body' : '', body);
}

function attributePairs(attributes: Attributes, prefix: string, isShown: IsShown): string {
  let text = '';
  for (const key of Object.keys(attributes)) if (isShown(key)) text += pairs(`${prefix}${key}`, attributes[key]);
  return text;
}

/** Maps and lists become a pair for each value: `a_b`, `a_0`. */
function pairs(key: string, value: AnyValue | undefined): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'object' || value instanceof Uint8Array) return pair(key, valueText(value));
  let text = '';
  for (const [name, part] of Object.entries(value as Attributes)) text += pairs(key ? `${key}_${name}` : name, part);
  return text;
}

const pair = (key: string, value: string): string => ` ${key.replace(/[\s="]+/g, '_')}=${quoted(value)}`;

const quoted = (value: string): string =>
  // oxlint-disable-next-line no-control-regex -- a line is a line.
  value === '' || /[\s="\\\u0000-\u001f\u007f]/.test(value) ? JSON.stringify(value) : value;
