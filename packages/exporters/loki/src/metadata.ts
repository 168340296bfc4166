import type { AnyValue, Attributes, LogRecord, Scope } from '@millrace/core';
import { nanoseconds, valueText } from '@millrace/core';
import { clipped } from './clip.ts';
import type { Limits } from './config.ts';
import { labelName } from './labels/name.ts';
import { utf8Length } from './arena.ts';

type Origin = 'attribute' | 'resource' | 'scope';
type IsShown = (key: string) => boolean;

/** Structured metadata of a line, gathered: the first of a name keeps it, others say where they are from. */
export interface Metadata {
  readonly names: string[];
  readonly values: string[];
}

export const noMetadata = (): Metadata => ({ names: [], values: [] });

export function clear({ names, values }: Metadata): void {
  names.length = 0;
  values.length = 0;
}

/** Adds nothing where the value is empty, as Loki keeps none. */
export function add({ names, values }: Metadata, name: string, value: string): void {
  if (value === '') return;
  names.push(name);
  values.push(value);
}

/** Maps become a pair for each of their values, `a_b`, as Loki's OTLP endpoint has it; lists are JSON. */
export function addAttributes(
  into: Metadata,
  attributes: Attributes,
  { from, isShown }: { readonly from: Origin; readonly isShown: IsShown | undefined },
): void {
  for (const key in attributes) {
    const value = attributes[key];
    if (value === undefined || value === null || (isShown && !isShown(key))) continue;
    if (typeof value === 'object') addValue(into, [key, value], from);
    else addNamed(into, [labelName(key), valueText(value)], from);
  }
}

function addValue(into: Metadata, [key, value]: readonly [string, AnyValue], from: Origin): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array)
    return addNamed(into, [labelName(key), valueText(value)], from);
  for (const [name, part] of Object.entries(value as Attributes))
    if (part !== undefined) addValue(into, [`${key}_${name}`, part], from);
  return undefined;
}

function addNamed(into: Metadata, [name, value]: readonly [string, string], from: Origin): void {
  add(into, into.names.includes(name) ? free(into.names, `${from}_${name}`) : name, value);
}

function free(names: readonly string[], name: string): string {
  if (!names.includes(name)) return name;
  let number = 2;
  while (names.includes(`${name}_${number}`)) number++;
  return `${name}_${number}`;
}

/** What a record has besides its body and its attributes, named as Loki's OTLP endpoint names it. */
export function addFields(into: Metadata, record: LogRecord): void {
  const { time, observedTime, severityNumber, severityText, flags, droppedAttributesCount, eventName } = record;
  if (time && observedTime[0] > 0) add(into, 'observed_timestamp', String(nanoseconds(observedTime)));
  if (severityNumber) add(into, 'severity_number', String(severityNumber));
  if (severityText) add(into, 'severity_text', severityText);
  if (eventName) add(into, 'event_name', eventName);
  if (flags) add(into, 'flags', String(flags));
  if (droppedAttributesCount) add(into, 'dropped_attributes_count', String(droppedAttributesCount));
}

export function addScope(into: Metadata, { name, version, attributes }: Scope): void {
  if (name !== '') addNamed(into, ['scope_name', name], 'scope');
  if (version) addNamed(into, ['scope_version', version], 'scope');
  if (attributes) addAttributes(into, attributes, { from: 'scope', isShown: undefined });
}

/** At most how many bytes it has, found out quickly. */
export function sizeBound({ names, values }: Metadata): number {
  let units = 0;
  for (let index = 0; index < names.length; index++) units += names[index]!.length + values[index]!.length;
  return units * 3;
}

/** Cuts it to what Loki takes: as many as it allows, the last value to the room that is left. False if nothing was cut. */
export function cut({ names, values }: Metadata, limits: Limits): boolean {
  const { max_structured_metadata_size: maxSize, max_structured_metadata_entries_count: maxCount } = limits;
  let room = maxSize || Infinity;
  let kept = 0;
  let wasCut = false;
  for (const [index, name] of names.entries()) {
    const value = values[index]!;
    const roomForValue = room - name.length;
    const isFull = maxCount > 0 && kept === maxCount;
    const short = isFull || roomForValue <= 0 ? '' : roomForValue === Infinity ? value : clipped(value, roomForValue);
    if (short !== value) wasCut = true;
    if (short === '') continue;
    names[kept] = name;
    values[kept++] = short;
    room -= name.length + utf8Length(short);
  }
  names.length = kept;
  values.length = kept;
  return wasCut;
}
