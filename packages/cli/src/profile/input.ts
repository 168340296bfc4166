import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { addAbortSignal } from 'node:stream';
import { describeError } from '@millrace/core';
import { isHttpUrl } from '@millrace/http-client';
import { say } from '../environment.ts';
import { type Fetch, maxBytes } from './fetch.ts';
import { ProfileProblem, usage } from './problem.ts';

export interface Input {
  /** For messages. */
  readonly name: string;
  /** For titles, if it is shorter. */
  readonly label?: string;
  readonly bytes: Uint8Array;
}

/** What a source has in it. */
export async function readInput(
  source: string,
  { fetch, seconds, signal }: { fetch: Fetch; seconds: number | undefined; signal: AbortSignal },
): Promise<Input> {
  if (isHttpUrl(source)) return readUrl(profileUrl(source, seconds), { fetch, seconds });
  if (seconds !== undefined) throw usage(`--seconds is for a URL, and ${source} is none.`);
  if (source === '-')
    return { name: 'standard input', bytes: await collect(addAbortSignal(signal, process.stdin), 'Standard input') };
  try {
    return {
      name: source,
      label: basename(source),
      bytes: await collect(createReadStream(source, { signal }), source),
    };
  } catch (error) {
    if (error instanceof ProfileProblem) throw error;
    const hint = /^[\w.-]+:\d+(?:\/|$)/.test(source) ? ` Is it a URL? http://${source}` : '';
    throw new ProfileProblem(`${source} cannot be read: ${describeError(error)}.${hint}`);
  }
}

async function collect(stream: AsyncIterable<Buffer>, name: string): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > maxBytes) throw new ProfileProblem(`${name} is longer than ${maxBytes} bytes: that is no profile.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** As go tool pprof: where all profiles are listed, CPU is meant. */
function profileUrl(source: string, seconds: number | undefined): URL {
  const url = new URL(source);
  if (/\/debug\/pprof\/?$/.test(url.pathname)) url.pathname = url.pathname.replace(/\/?$/, '/profile');
  if (seconds !== undefined) url.searchParams.set('seconds', String(seconds));
  return url;
}

/** What Go profiles without `seconds`. */
const usualSeconds = 30;

async function readUrl(url: URL, { fetch, seconds }: { fetch: Fetch; seconds: number | undefined }): Promise<Input> {
  const lasting = seconds ?? (Number(url.searchParams.get('seconds')) || usualSeconds);
  if (seconds !== undefined && process.stderr.isTTY) say(`${url.host} profiles for ${seconds} s.`);
  const reaching = { url, timeoutMs: (lasting + 60) * 1000 };
  const { body } = await fetch(reaching, (ask, signal) => ask({ url, maxBytes, signal }));
  return { name: `${url.host}${url.pathname}`, bytes: body };
}
