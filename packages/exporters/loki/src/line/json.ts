import type { Attributes, LogRecord, Resource, Scope } from '@millrace/core';
import { jsonText } from '@millrace/core';

type IsShown = (key: string) => boolean;

/** The record as the collector's exporter writes it; `tail` is what `jsonTail` made of where it comes from. */
export function jsonLine(record: LogRecord, isShown: IsShown, tail: string): string {
  const { body, traceId, spanId, severityText, flags, attributes, eventName } = record;
  let line = eventName ? `,"name":${JSON.stringify(eventName)}` : '';
  if (body !== undefined && body !== null) line += `,"body":${jsonText(body)}`;
  if (traceId) line += `,"traceid":"${traceId}"`;
  if (spanId) line += `,"spanid":"${spanId}"`;
  if (severityText) line += `,"severity":${JSON.stringify(severityText)}`;
  if (flags) line += `,"flags":${flags}`;
  const shown = jsonObject(attributes, isShown);
  if (shown !== '{}') line += `,"attributes":${shown}`;
  line += tail;
  return line === '' ? '{}' : `{${line.slice(1)}}`;
}

export function jsonTail(resource: Resource, isShown: IsShown, scope: Scope): string {
  const resources = jsonObject(resource.attributes, isShown);
  return `${resources === '{}' ? '' : `,"resources":${resources}`}${scopeJson(scope)}`;
}

function scopeJson({ name, version, attributes = {} }: Scope): string {
  const shown = jsonObject(attributes, () => true);
  if (name === '' && !version && shown === '{}') return '';
  const parts = [
    ...(name === '' ? [] : [`"name":${JSON.stringify(name)}`]),
    ...(version ? [`"version":${JSON.stringify(version)}`] : []),
    ...(shown === '{}' ? [] : [`"attributes":${shown}`]),
  ];
  return `,"instrumentation_scope":{${parts.join()}}`;
}

/** The attributes that are shown, in the order they came in: a line is read, not compared. */
function jsonObject(attributes: Attributes, isShown: IsShown): string {
  let text = '';
  for (const key of Object.keys(attributes)) {
    const value = attributes[key];
    if (value !== undefined && isShown(key)) text += `${text && ','}${JSON.stringify(key)}:${jsonText(value)}`;
  }
  return `{${text}}`;
}
