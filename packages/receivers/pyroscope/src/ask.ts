import {
  type AuthorizationConfig,
  authorizationOf,
  bodyOf,
  type Client,
  type Headers,
  lowerCase,
  redactor,
  shown,
  userAgent,
} from '@millrace/http-client';

/** An answer with a status of success, whole. */
export interface Answer {
  readonly body: Buffer;
  /** The clock of who answered, in milliseconds; it is cut to whole seconds. Undefined if it does not say. */
  readonly dateMs: number | undefined;
}

/** There was an answer, with another status. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly status: number;
  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

export interface Request {
  readonly url: URL;
  /** Sent by POST, with its content type. */
  readonly content?: { readonly type: string; readonly bytes: Uint8Array };
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  /** Lets the body be read when there is room for it. */
  whenAnswered?(read: () => Promise<Buffer>): Promise<Buffer>;
}

export type Ask = (request: Request) => Promise<Answer>;

export interface AskConfig extends AuthorizationConfig {
  readonly headers: Headers;
  readonly tenant?: string | undefined;
}

const mostRedirects = 5;

/** Rejects with a StatusError, with a BodyTooLarge, or with what the connection says. */
export function createAsk(client: Client, config: AskConfig): Ask {
  const authorization = authorizationOf(config);
  const fixed = {
    ...lowerCase(config.headers),
    'user-agent': userAgent,
    ...(config.tenant !== undefined && { 'x-scope-orgid': config.tenant }),
  };
  return async ({ url, content, maxBytes, signal, whenAnswered }) => {
    const headers = {
      ...fixed,
      ...(await authorization()),
      ...(content && {
        'content-type': content.type,
        'connect-protocol-version': '1',
        'content-length': String(content.bytes.length),
      }),
    };
    const reply = await client.request({
      url,
      headers,
      maxBytes,
      signal,
      redirects: mostRedirects,
      ...(content && { method: 'POST', body: bodyOf([content.bytes]) }),
    });
    if (reply.status !== 200) {
      const text = redactor(headers)(await beginningOf(reply.body));
      throw new StatusError(
        `${shown(reply.url)} answered with the status ${reply.status}${text && `: ${text}`}.`,
        reply.status,
      );
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

const mostOfError = 200;

/** What an error says, in one line; nothing where it is a page. */
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
  return /^\s*</.test(text) ? '' : text.slice(0, mostOfError).replaceAll(/\s+/g, ' ').trim().replace(/\.$/, '');
}
