// An agent by gRPC's own client for JavaScript, and by protobufjs, from aggregator.proto.
import { join } from 'node:path';
import type { ChannelCredentials } from '@grpc/grpc-js';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import protobuf from 'protobufjs';

const contract = protobuf.loadSync(join(import.meta.dirname, 'aggregator.proto'));
const publishRequest = contract.lookupType('PublishRequest');

/** 64-bit integers beyond 2^53 are given as texts. */
export const encode = (message: object): Buffer =>
  Buffer.from(publishRequest.encode(publishRequest.fromObject(camelCase(message))).finish());

const camelCase = (message: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(message).map(([name, value]) => [
      name.replaceAll(/_(\w)/g, (_all, letter: string) => letter.toUpperCase()),
      value as unknown,
    ]),
  );

export interface Answer {
  /** The gRPC status: 0 is OK. */
  readonly code: number;
  readonly message: string;
  /** Of the response. */
  readonly body: Buffer | undefined;
}

export interface Call {
  readonly tags?: Readonly<Record<string, string | Buffer>>;
  readonly deadlineMs?: number;
  readonly method?: string;
}

export interface Agent {
  publish(message: object | Buffer, call?: Call): Promise<Answer>;
}

export const tags = {
  environment: 'production',
  service: 'web',
  container: '3f4e9c1d8a7b6c5d4e3f2a1b0c9d8e7f',
  host_name: '3f4e9c1d8a7b',
} as const;

const open = new Set<Client>();
/** For `afterEach`. */
export const closeAgents = (): void => {
  for (const client of open) client.close();
  open.clear();
};

export function createAgent(port: number, secure: ChannelCredentials = credentials.createInsecure()): Agent {
  const client = new Client(`127.0.0.1:${port}`, secure);
  open.add(client);
  return {
    publish: (message, { tags: sent = tags, deadlineMs = 4000, method = '/Aggregator/Publish' } = {}) =>
      new Promise((resolve) => {
        const metadata = new Metadata();
        for (const [name, value] of Object.entries(sent)) metadata.set(name, value);
        client.makeUnaryRequest(
          method,
          (bytes: Buffer) => bytes,
          (bytes) => bytes,
          Buffer.isBuffer(message) ? message : encode(message),
          metadata,
          { deadline: Date.now() + deadlineMs },
          (error, body) => resolve({ code: error?.code ?? 0, message: error?.details ?? '', body }),
        );
      }),
  };
}
