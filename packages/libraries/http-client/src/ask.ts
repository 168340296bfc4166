import { type AuthorizationConfig, authorizationOf } from './authorization.ts';
import { bodyOf } from './body.ts';
import type { Client } from './client.ts';
import { type Headers, lowerCase } from './headers.ts';
import { quoter } from './quote.ts';
import { shown } from './url.ts';
import { userAgent } from './user-agent.ts';

/** An answer of status 200, whole. */
export interface WholeAnswer {
  readonly body: Buffer;
  /** The clock of who answered, in milliseconds; it is cut to whole seconds. Undefined if it does not say. */
  readonly dateMs: number | undefined;
}

/** There was an answer, with another status. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly status: number;
  /** What was asked in the end. */
  readonly url: URL;
  /** What the answer says in a line, without what was sent as a header; empty if nothing. */
  readonly said: string;
  constructor(url: URL, { status, said }: { readonly status: number; readonly said: string }) {
    super(`${shown(url)} answered with the status ${status}${said && `: ${said}`}.`);
    this.status = status;
    this.url = url;
    this.said = said;
  }
}

export interface Question {
  readonly url: URL;
  /** Besides those of every question. */
  readonly headers?: Headers;
  /** Sent by POST, with its content type. */
  readonly content?: { readonly type: string; readonly bytes: Uint8Array };
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  /** Lets the body be read when there is room for it. */
  whenAnswered?(read: () => Promise<Buffer>): Promise<Buffer>;
}

/** Rejects with a StatusError, with a BodyTooLarge, or with what the connection says. */
export type Ask = (question: Question) => Promise<WholeAnswer>;

export interface AskConfig extends AuthorizationConfig {
  readonly headers: Headers;
}

/** As many as Go's client follows. */
const mostRedirects = 10;

/** Asks with the headers and credentials of a config. */
export function createAsk(client: Client, config: AskConfig): Ask {
  const authorization = authorizationOf(config);
  const fixed = { ...lowerCase(config.headers), 'user-agent': userAgent };
  return async ({ url, headers: own, content, maxBytes, signal, whenAnswered }) => {
    const headers = { ...fixed, ...own, ...(await authorization()), ...(content && { 'content-type': content.type }) };
    const reply = await client.request({
      url,
      headers,
      maxBytes,
      signal,
      redirects: mostRedirects,
      ...(content && { method: 'POST', body: bodyOf([content.bytes]) }),
    });
    if (reply.status !== 200) {
      const said = quoter([headers])(sayingOf(await beginningOf(reply.body))).replace(/\.$/, '');
      throw new StatusError(reply.url, { status: reply.status, said });
    }
    const read = (): Promise<Buffer> => wholeOf(reply.body);
    const body = await (whenAnswered ? whenAnswered(read) : read());
    const dateMs = Date.parse(reply.headers.date ?? '');
    return { body, dateMs: Number.isNaN(dateMs) ? undefined : dateMs };
  };
}

async function wholeOf(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const mostOfError = 16_384;

async function beginningOf(body: AsyncIterable<Buffer>): Promise<string> {
  let text = '';
  try {
    for await (const chunk of body) {
      text += chunk.toString();
      if (text.length > mostOfError) break;
    }
  } catch {
    // The status says enough.
  }
  return text.trim();
}

/** What an answer says in short: the message of one in JSON, or the first line of a text; nothing of a page. */
function sayingOf(text: string): string {
  if (text.startsWith('<')) return '';
  const said = messageOf(text);
  // A server may wrap what one of its parts answered in the answer of another.
  if (said !== undefined) return sayingOf(said);
  return text.split('\n', 1)[0]!;
}

function messageOf(text: string): string | undefined {
  try {
    const { message, error } = Object(JSON.parse(text)) as { message?: unknown; error?: unknown };
    const said = message ?? error;
    return typeof said === 'string' ? said.trim() : undefined;
  } catch {
    return undefined;
  }
}
