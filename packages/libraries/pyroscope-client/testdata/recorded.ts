import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';

/** What was asked of a real server, and its reply. */
export interface Recorded {
  readonly path: string;
  /** Of a POST, in base64. */
  readonly body?: string;
  readonly status: number;
  readonly contentType: string;
  /** Where its body is. */
  readonly file: string;
}

export interface Recording {
  /** The window that was asked for. */
  readonly startMs: number;
  readonly endMs: number;
  readonly replies: readonly Recorded[];
}

export interface RecordedServer extends Recording {
  readonly endpoint: string;
  /** What it was asked and had no recording of. */
  readonly unknown: readonly string[];
  close(): Promise<void>;
}

/** Answers what a real server of the generation was asked when it was recorded. It says no date. */
export async function recordedServer(generation: 'legacy' | 'v1'): Promise<RecordedServer> {
  const folder = join(import.meta.dirname, generation);
  const recording = JSON.parse(readFileSync(join(folder, 'replies.json'), 'utf8')) as Recording;
  const unknown: string[] = [];
  const server = createServer(async (request, response) => {
    const body = (await buffer(request)).toString('base64');
    const ofPath = recording.replies.filter(({ path }) => path === request.url);
    // What there is may be asked for of another window; a profile may not.
    const isList = /\/(?:ProfileTypes|Series)$/.test(request.url!);
    const found = ofPath.find((one) => (one.body ?? '') === body) ?? (isList ? ofPath[0] : undefined);
    if (!found) unknown.push(`${request.url} ${Buffer.from(body, 'base64').toString()}`);
    const { status, contentType, file } = found ?? { status: 500, contentType: 'text/plain', file: 'replies.json' };
    response.sendDate = false;
    response.writeHead(status, { 'content-type': contentType }).end(readFileSync(join(folder, file)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    ...recording,
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    unknown,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
