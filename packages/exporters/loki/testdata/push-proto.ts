import protobuf from 'protobufjs';

/** Loki's push API: field numbers and types are those of pkg/push/push.proto. */
const { root } = protobuf.parse(`
  syntax = "proto3";
  message Timestamp { int64 seconds = 1; int32 nanos = 2; }
  message LabelPair { string name = 1; string value = 2; }
  message Entry { Timestamp timestamp = 1; string line = 2; repeated LabelPair structuredMetadata = 3; }
  message Stream { string labels = 1; repeated Entry entries = 2; uint64 hash = 3; }
  message PushRequest { repeated Stream streams = 1; string format = 2; }
`);

const pushRequest = root.lookupType('PushRequest');

export interface PushedStream {
  readonly labels: string;
  readonly entries: readonly {
    readonly timestamp: { readonly seconds: string; readonly nanos: number };
    readonly line: string;
    readonly structuredMetadata: readonly { readonly name: string; readonly value: string }[];
  }[];
}

/** Throws what is not a PushRequest, and where it has fields that are not Loki's. */
export function decodePush(bytes: Uint8Array): readonly PushedStream[] {
  const message = pushRequest.decode(bytes);
  if (pushRequest.encode(message).finish().length !== bytes.length) throw new Error('There is more in it than Loki knows.');
  const { streams } = pushRequest.toObject(message, { longs: String, defaults: true, arrays: true, objects: true });
  return streams as readonly PushedStream[];
}
