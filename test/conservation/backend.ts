import { once } from 'node:events';
import { createServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import type { Signal } from '@millrace/core';
import { batchFromRequest, encodeStatus } from '@millrace/otlp';
import { numbersOf } from './items.ts';

/** How it answers. `cut` closes the connection, sometimes after it has taken the request. */
export const moods = ['fine', 'slow', 'refusing', 'throttling', 'hanging', 'cutting'] as const;
export type Mood = (typeof moods)[number];

export interface Backend {
  readonly port: number;
  mood: Mood;
  /** How often each number has arrived. */
  readonly arrived: ReadonlyMap<string, number>;
  /** Requests by what was done to them. */
  readonly requests: Readonly<Record<Mood, number>>;
  close(): Promise<void>;
}

const signalOf = (path: string): Signal =>
  /\.(metrics|logs|trace|profiles)\./.exec(path)![1]!.replace('trace', 'traces') as Signal;

/** An OTLP/gRPC backend that writes down what it was given, and has moods. */
export async function startBackend(): Promise<Backend> {
  const arrived = new Map<string, number>();
  const requests = Object.fromEntries(moods.map((mood) => [mood, 0])) as Record<Mood, number>;
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer({ settings: { initialWindowSize: 1 << 22 } });
  let cuts = 0;

  const take = (path: string, body: Buffer): void => {
    const message = body[0] === 1 ? gunzipSync(body.subarray(5)) : body.subarray(5);
    for (const number of numbersOf(batchFromRequest(signalOf(path), message)))
      arrived.set(number, (arrived.get(number) ?? 0) + 1);
  };
  const answer = (stream: ServerHttp2Stream, trailers: Record<string, string>): void => {
    if (stream.destroyed) return;
    const isOk = trailers['grpc-status'] === '0';
    if (!isOk) {
      stream.respond({ 'content-type': 'application/grpc', ...trailers }, { endStream: true });
      return;
    }
    stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.once('wantTrailers', () => stream.sendTrailers(trailers));
    stream.end(Buffer.alloc(5));
  };

  const backend = {
    port: 0,
    mood: 'fine' as Mood,
    arrived,
    requests,
    async close() {
      for (const session of sessions) session.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  const act: Record<Mood, (stream: ServerHttp2Stream, path: string, body: Buffer) => void> = {
    fine(stream, path, body) {
      take(path, body);
      answer(stream, { 'grpc-status': '0' });
    },
    slow: (stream, path, body) => void setTimeout(() => act.fine(stream, path, body), 200),
    refusing: (stream) => answer(stream, { 'grpc-status': '14', 'grpc-message': 'not now' }),
    throttling(stream) {
      const details = Buffer.from(encodeStatus({ code: 8, message: 'later', retryDelayMs: 150 })).toString('base64');
      answer(stream, { 'grpc-status': '8', 'grpc-message': 'later', 'grpc-status-details-bin': details });
    },
    hanging: () => {},
    cutting(stream, path, body) {
      cuts++;
      if (cuts % 2 === 0) take(path, body);
      stream.session?.destroy();
    },
  };
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => {}).once('close', () => sessions.delete(session));
  });
  server.on('stream', (stream, headers) => {
    const chunks: Buffer[] = [];
    stream.on('error', () => {});
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.once('end', () => {
      if (stream.destroyed) return;
      const { mood } = backend;
      requests[mood]++;
      act[mood](stream, String(headers[':path']), Buffer.concat(chunks));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  backend.port = (server.address() as AddressInfo).port;
  return backend;
}
