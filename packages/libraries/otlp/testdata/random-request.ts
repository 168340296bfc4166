// Requests with every field of the .proto at random, as protobufjs encodes them: also what no batch of ours would become.
import type { Signal } from '@millrace/core';
import type { Field, Type } from 'protobufjs';
import type { Plain } from './oracle.ts';
import { encode, messageType } from './oracle.ts';
import type { Random } from './random.ts';

export const requestNames = {
  metrics: 'ExportMetricsServiceRequest',
  logs: 'ExportLogsServiceRequest',
  traces: 'ExportTraceServiceRequest',
  profiles: 'ExportProfilesServiceRequest',
} as const satisfies Record<Signal, string>;

export const randomRequest = (signal: Signal, random: Random): Uint8Array =>
  encode(requestNames[signal], randomMessage(messageType(requestNames[signal]), random, 0));

function randomMessage(type: Type, random: Random, depth: number): Plain {
  const message: Record<string, unknown> = {};
  const fields = type.fieldsArray.filter((field) => !field.partOf || field.options?.['proto3_optional']);
  for (const oneof of type.oneofsArray) {
    const [first] = oneof.fieldsArray;
    if (!first || first.options?.['proto3_optional']) continue;
    const members = depth > 12 ? oneof.fieldsArray.filter(({ name }) => !/^(array|kvlist)/.test(name)) : oneof.fieldsArray;
    // A metric has data and an exemplar a value, as their objects must; an any-value or a point may have none.
    if (type.name === 'Metric' || type.name === 'Exemplar' || random.below(8) > 0) fields.push(random.pick(members));
  }
  for (const field of fields) {
    field.resolve();
    if (field.repeated) message[field.name] = Array.from({ length: random.below(4) }, () => randomValue(field, random, depth));
    else if (field.partOf || random.below(4) > 0) message[field.name] = randomValue(field, random, depth);
  }
  // A series that has ended has no value.
  if (type.name.endsWith('DataPoint') && (Number(message['flags'] ?? 0) & 1) === 1)
    for (const { name } of type.fieldsArray)
      if (!/^(attributes|flags|exemplars|timeUnixNano|startTimeUnixNano)$/.test(name)) delete message[name];
  return message;
}

function randomValue(field: Field, random: Random, depth: number): unknown {
  const { pick } = random;
  if (field.resolvedType) return randomMessage(field.resolvedType as Type, random, depth + 1);
  switch (field.type) {
    case 'string':
      return pick(['', 'a', 'a', 'process.cpu.time', 'Ünïcødé', '__proto__', '7', 'constructor', 'z'.repeat(300)]);
    case 'bytes': {
      const size = /trace_?id/i.test(field.name) ? 16 : /span_?id/i.test(field.name) ? 8 : random.below(20);
      return Buffer.from(Array.from({ length: random.below(8) > 0 ? size : 0 }, () => random.below(256)));
    }
    case 'bool':
      return random.below(2) === 1;
    case 'double':
      return pick([0, -0, 1, 3, -7, 0.1, 1e300, 5e-324, 2 ** 53, 2 ** 63, Infinity, -Infinity, NaN]);
    case 'int32':
    case 'sint32':
      return pick([0, 1, 2, 5, 24, 99, -1, 2 ** 31 - 1, -(2 ** 31)]);
    case 'uint32':
    case 'fixed32':
      return pick([0, 1, 2, 128, 2 ** 31, 2 ** 32 - 1]);
    case 'int64':
    case 'sfixed64':
      return pick(['0', '1', '-1', '9007199254740991', '9007199254740993', '-9007199254740992', '9223372036854775807', '-9223372036854775808']);
    default:
      return pick(['0', '1', '127', '1700000000000000001', '9007199254740993', '18446744073709551615']);
  }
}
