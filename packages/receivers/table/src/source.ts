import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Context } from '@millrace/core';
import { clientOf, type Client, credentialsOf, lowerCase, proveTls, shown, userAgent } from '@millrace/http-client';
import type { SourceConfig } from './config.ts';

export interface Source {
  start(): void;
  read(signal: AbortSignal): Promise<string>;
  close(signal: AbortSignal): Promise<void>;
}

export function createSource(config: SourceConfig, context: Context): Source {
  if (config.path !== undefined) {
    const { path, max_size: maxBytes } = config;
    return { start() {}, read: (signal) => readFile(path, maxBytes, signal), close: async () => {} };
  }
  const url = new URL(config.url!);
  const credentials = credentialsOf(context, config.auth);
  let client: Client | undefined;
  return {
    start() {
      if (url.protocol === 'https:') proveTls(config.tls);
    },
    async read(signal) {
      client ??= clientOf(config);
      const headers = { 'user-agent': userAgent, ...lowerCase(config.headers), ...(await credentials?.(shown(url))) };
      const { status, body, discard } = await client.request({
        url,
        headers,
        signal,
        maxBytes: config.max_size,
        redirects: 10,
      });
      if (status < 200 || status > 299) {
        discard();
        throw new Error(`${shown(url)} answers with HTTP status ${status}.`);
      }
      const chunks: Buffer[] = [];
      for await (const chunk of body) chunks.push(chunk);
      return Buffer.concat(chunks).toString();
    },
    close: async (signal) => client?.close(signal),
  };
}

const pieceBytes = 64 * 1024;

/** Files of /proc do not know their size: what is there is read until nothing comes. */
async function readFile(path: string, maxBytes: number, signal: AbortSignal): Promise<string> {
  // A pipe that nobody writes to would not let itself be opened, for ever.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!(await file.stat()).isFile()) throw new Error(`${path} is no file.`);
    const chunks: Buffer[] = [];
    let size = 0;
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(pieceBytes), 0, pieceBytes, null);
      if (bytesRead === 0) return Buffer.concat(chunks).toString();
      size += bytesRead;
      if (size > maxBytes) throw new Error(`${path} is longer than max_size, ${maxBytes} bytes.`);
      chunks.push(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}
