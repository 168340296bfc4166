import { once } from 'node:events';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Server, Socket } from 'node:net';
import type { Component, Consumer, Context, InputOf } from '@millrace/core';
import { resolveConfig } from '@millrace/core';
import { testContext } from '@millrace/core/testing';
import { onTestFinished } from 'vitest';
import { otlpHttp } from '../src/http/exporter.ts';
import { listen } from './servers.ts';

export type Input = InputOf<typeof otlpHttp.config>;

export interface Received {
  readonly request: IncomingMessage;
  readonly body: Buffer;
}

/** Listens until the test has ended. */
export async function serve(server: Server, sockets = new Set<Socket>()): Promise<number> {
  server.on('connection', (socket: Socket) => void sockets.add(socket.on('error', () => {})));
  const port = await listen(server);
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return port;
}

/** Takes the body, keeps it, and lets the handler answer. */
export function keeping(received: Received[], handle: (response: ServerResponse) => void): RequestListener {
  return (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({ request, body: Buffer.concat(chunks) });
      handle(response);
    });
  };
}

export async function backend(handle: (response: ServerResponse) => void = (response) => void response.end()) {
  const received: Received[] = [];
  const sockets = new Set<Socket>();
  const port = await serve(createServer(keeping(received, handle)), sockets);
  return { endpoint: `http://127.0.0.1:${port}`, received, sockets };
}

export function exporter(input: Input, context: Context = testContext()): Component & Consumer {
  const created = otlpHttp.create(resolveConfig(otlpHttp.config, input), context);
  onTestFinished(async () => created.shutdown?.(AbortSignal.timeout(1000)));
  return created;
}
