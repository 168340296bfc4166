import { ProfileError } from '@millrace/pprof';
import { Cursor } from './cursor.ts';

type Scalar = 'string' | 'bool' | 'int32' | 'uint32' | 'int64' | 'uint64' | 'fixed64' | 'double' | 'bytes' | 'id';

interface Field {
  readonly name: string;
  /** A scalar, or the name of a message. */
  readonly kind: string;
  readonly repeated: boolean;
}

/** `name: 'number kind'`, with `[]` for repeated fields. */
type Declared = Readonly<Record<string, string>>;

/** Of opentelemetry-proto: profiles/v1development, common/v1, resource/v1 and collector/profiles/v1development. */
const declared: Readonly<Record<string, Declared>> = {
  Request: { resourceProfiles: '1 ResourceProfiles[]', dictionary: '2 Dictionary' },
  ResourceProfiles: { resource: '1 Resource', scopeProfiles: '2 ScopeProfiles[]', schemaUrl: '3 string' },
  Resource: { attributes: '1 KeyValue[]', droppedAttributesCount: '2 uint32', entityRefs: '3 EntityRef[]' },
  EntityRef: { schemaUrl: '1 string', type: '2 string', idKeys: '3 string[]', descriptionKeys: '4 string[]' },
  ScopeProfiles: { scope: '1 Scope', profiles: '2 Profile[]', schemaUrl: '3 string' },
  Scope: {
    name: '1 string',
    version: '2 string',
    attributes: '3 KeyValue[]',
    droppedAttributesCount: '4 uint32',
  },
  KeyValue: { key: '1 string', value: '2 AnyValue', keyStrindex: '3 int32' },
  AnyValue: {
    stringValue: '1 string',
    boolValue: '2 bool',
    intValue: '3 int64',
    doubleValue: '4 double',
    arrayValue: '5 ArrayValue',
    kvlistValue: '6 KeyValueList',
    bytesValue: '7 bytes',
    stringValueStrindex: '8 int32',
  },
  ArrayValue: { values: '1 AnyValue[]' },
  KeyValueList: { values: '1 KeyValue[]' },
  Dictionary: {
    mappingTable: '1 Mapping[]',
    locationTable: '2 Location[]',
    functionTable: '3 Function[]',
    linkTable: '4 Link[]',
    stringTable: '5 string[]',
    attributeTable: '6 KeyValueAndUnit[]',
    stackTable: '7 Stack[]',
  },
  Profile: {
    sampleType: '1 ValueType',
    samples: '2 Sample[]',
    timeUnixNano: '3 fixed64',
    durationNano: '4 uint64',
    periodType: '5 ValueType',
    period: '6 int64',
    profileId: '7 id',
    droppedAttributesCount: '8 uint32',
    originalPayloadFormat: '9 string',
    originalPayload: '10 bytes',
    attributeIndices: '11 int32[]',
  },
  ValueType: { typeStrindex: '1 int32', unitStrindex: '2 int32' },
  Sample: {
    stackIndex: '1 int32',
    attributeIndices: '2 int32[]',
    linkIndex: '3 int32',
    values: '4 int64[]',
    timestampsUnixNano: '5 fixed64[]',
  },
  Mapping: {
    memoryStart: '1 uint64',
    memoryLimit: '2 uint64',
    fileOffset: '3 uint64',
    filenameStrindex: '4 int32',
    attributeIndices: '5 int32[]',
  },
  Location: { mappingIndex: '1 int32', address: '2 uint64', lines: '3 Line[]', attributeIndices: '4 int32[]' },
  Line: { functionIndex: '1 int32', line: '2 int64', column: '3 int64' },
  Function: {
    nameStrindex: '1 int32',
    systemNameStrindex: '2 int32',
    filenameStrindex: '3 int32',
    startLine: '4 int64',
  },
  Link: { traceId: '1 id', spanId: '2 id' },
  KeyValueAndUnit: { keyStrindex: '1 int32', value: '2 AnyValue', unitStrindex: '3 int32' },
  Stack: { locationIndices: '1 int32[]' },
};

/** Fields by their numbers. */
const messages = new Map(
  Object.entries(declared).map(([message, fields]) => {
    const byNumber: (Field | undefined)[] = [];
    for (const [name, declaration] of Object.entries(fields)) {
      const [number, kind = ''] = declaration.split(' ');
      byNumber[Number(number)] = { name, kind: kind.replace('[]', ''), repeated: kind.endsWith('[]') };
    }
    return [message, byNumber] as const;
  }),
);

const wireTypes: Readonly<Record<Scalar, number>> = {
  string: 2,
  bool: 0,
  int32: 0,
  uint32: 0,
  int64: 0,
  uint64: 0,
  fixed64: 1,
  double: 1,
  bytes: 2,
  id: 2,
};

/** Messages in messages. */
const deepest = 100;

/**
 * An ExportProfilesServiceRequest as OTLP/JSON: 64-bit integers are texts, ids hex and bytes base64. Throws a ProfileError for
 * what is no such request. References into the dictionary are not looked at.
 */
export const encodeProfilesJson = (request: Uint8Array): string =>
  JSON.stringify(readMessage(new Cursor(request), 'Request', 0));

/** To the end of the message that the cursor is in. */
function readMessage(cursor: Cursor, message: string, depth: number): object {
  if (depth > deepest) throw new ProfileError(`There are more than ${deepest} messages in each other.`);
  const fields = messages.get(message)!;
  const object: Record<string, unknown> = {};
  for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag()) {
    const field = fields[tag >>> 3];
    if (!field) {
      cursor.skip(tag, {});
      continue;
    }
    const { name, kind, repeated } = field;
    const wireType = isScalar(kind) ? wireTypes[kind] : 2;
    const isPacked = repeated && wireType !== 2 && (tag & 7) === 2;
    if ((tag & 7) !== wireType && !isPacked) cursor.skip(tag, { [name]: tag });
    const read = (): unknown => readField(cursor, kind, depth);
    if (!repeated) object[name] = read();
    else {
      const list = (object[name] ??= []) as unknown[];
      if (isPacked) cursor.each(tag, () => list.push(read()));
      else list.push(read());
    }
  }
  return object;
}

const isScalar = (kind: string): kind is Scalar => Object.hasOwn(wireTypes, kind);

function readField(cursor: Cursor, kind: string, depth: number): unknown {
  if (!isScalar(kind)) {
    const outer = cursor.enter();
    const object = readMessage(cursor, kind, depth + 1);
    cursor.leave(outer);
    return object;
  }
  if (kind === 'string') return cursor.text();
  if (kind === 'bool') return cursor.uint() !== 0;
  if (kind === 'int32') return Number(BigInt.asIntN(32, BigInt(cursor.int64())));
  if (kind === 'uint32') return Number(BigInt.asUintN(32, BigInt(cursor.int64())));
  if (kind === 'int64') return String(cursor.int64());
  if (kind === 'uint64') return String(cursor.uint64());
  if (kind === 'fixed64') return String(cursor.fixed64());
  if (kind === 'double') return finite(cursor.double());
  return cursor.slice().toString(kind === 'id' ? 'hex' : 'base64');
}

/** JSON has no numbers that are none. */
const finite = (value: number): number | string => (Number.isFinite(value) ? value : String(value));
