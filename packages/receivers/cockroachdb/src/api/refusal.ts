import type { Reply } from '@millrace/http-client';
import { ApiError, reasonOfStatus } from './error.ts';

const maxBytes = 4096;
const maxCharacters = 200;

/** Of an answer that is no 200. */
export async function refusalOf(reply: Reply, what: string): Promise<ApiError> {
  const { status, headers } = reply;
  const reason = reasonOfStatus(status);
  if (reason === 'redirect') {
    reply.discard();
    const target = targetOf(headers.location);
    return new ApiError(`${what} is redirected to ${target}: give that in endpoints if it is the node.`, {
      reason,
      status,
    });
  }
  const message = await messageOf(reply);
  const said = message === undefined ? '' : `: ${message}`;
  return new ApiError(`${what} was answered with status ${status}${said}.`, { reason, status });
}

/** Without its path and query, which may have something secret. */
const targetOf = (location: string | undefined): string =>
  location !== undefined && URL.canParse(location) ? new URL(location).origin : 'another path';

/** What an answer says in words: of JSON its message, of text its first line. */
export async function messageOf({ body }: Reply): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > maxBytes) break;
    }
  } catch {
    // What comes of an error is not worth another one.
  }
  return sentenceOf(Buffer.concat(chunks).toString().slice(0, maxBytes));
}

function sentenceOf(text: string): string | undefined {
  const said = jsonMessage(text) ?? text.trim().split('\n', 1)[0]!;
  const sentence = said.replace(/[.\s]+$/, '').slice(0, maxCharacters);
  return sentence === '' || sentence.startsWith('<') ? undefined : sentence;
}

function jsonMessage(text: string): string | undefined {
  try {
    const { error, message } = JSON.parse(text) as { error?: unknown; message?: unknown };
    const said = message ?? error;
    return typeof said === 'string' ? said : undefined;
  } catch {
    return undefined;
  }
}
