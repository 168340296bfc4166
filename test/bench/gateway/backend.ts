// A process of its own: takes OTLP metrics over gRPC and HTTP, counts the points, and answers that all is well. To each message
// of its parent it answers with what has arrived so far.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { countPoints } from './points.ts';

export interface Arrived {
  readonly points: number;
  readonly requests: number;
  /** What could not be read. */
  readonly failures: readonly string[];
}

export interface BackendPorts {
  readonly grpc: number;
  readonly http: number;
}

const arrived = { points: 0, requests: 0, failures: [] as string[] };

function take(message: Uint8Array): void {
  try {
    arrived.points += countPoints(message);
    arrived.requests++;
  } catch (error) {
    arrived.failures.push(String(error));
  }
}

// The gateway is measured, so the backend does not hold it up: windows that a request fits in.
const windowSize = 16 * 1024 * 1024;
const grpc = createHttp2Server({ settings: { initialWindowSize: windowSize }, maxSessionMemory: 1000 });
grpc.on('session', (session) => session.setLocalWindowSize(windowSize));
const emptyMessage = Buffer.alloc(5);
grpc.on('stream', (stream, headers) => {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('error', (error) => arrived.failures.push(String(error)));
  stream.on('end', () => {
    const body = Buffer.concat(chunks);
    const message = body.subarray(5);
    take(body[0] === 1 && headers['grpc-encoding'] === 'gzip' ? gunzipSync(message) : message);
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.end(emptyMessage);
  });
});

const http = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    take(request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body);
    response.writeHead(200, { 'content-type': 'application/x-protobuf', 'content-length': 0 }).end();
  });
});

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

process.on('message', () => process.send!(arrived satisfies Arrived));
process.on('disconnect', () => process.exit(0));
process.send!({ grpc: await listen(grpc), http: await listen(http) } satisfies BackendPorts);
