import type { IncomingMessage } from 'node:http';
import { exitCode } from '../exit-code.ts';
import type { Connection } from './connection.ts';
import { harmless } from './harmless.ts';
import { ServiceError } from './service-error.ts';

const largestAnswer = 256 * 1024 * 1024;
const largestError = 64 * 1024;

/** The JSON of a good answer. Throws a ServiceError for any other. */
export async function jsonOf(answer: IncomingMessage, connection: Connection): Promise<unknown> {
  await checkAnswer(answer, connection, 'application/json');
  const text = await textOf(answer, largestAnswer, connection);
  try {
    return JSON.parse(text);
  } catch {
    throw notOurs(connection, 'with something that is not JSON');
  }
}

/** Throws a ServiceError unless the status is 200 and the content of this type. */
export async function checkAnswer(answer: IncomingMessage, connection: Connection, type: string): Promise<void> {
  const { statusCode: status = 0, headers } = answer;
  const { endpoint, hasToken } = connection;
  const given = headers['content-type']?.split(';')[0]!.trim().toLowerCase();
  if (status === 200) {
    if (given === type) return;
    answer.destroy();
    throw notOurs(connection, `with ${given === undefined ? 'no type of content' : harmless(given, 60)}`);
  }
  const sentence = errorOf(await textOf(answer, largestError, connection), given);
  if (status === 401)
    throw refused(
      hasToken
        ? `${endpoint} does not accept the token (401). Look at --token-file or MILLRACE_TOKEN.`
        : `${endpoint} wants a token (401): --token-file <file>, or the environment variable MILLRACE_TOKEN.`,
    );
  if (status === 403) throw refused(`${endpoint} refuses (403): ${sentence ?? 'it gives no reason'}`);
  if (status >= 300 && status < 400) {
    const location = headers.location === undefined ? 'elsewhere' : `to ${harmless(headers.location)}`;
    throw refused(`${endpoint} redirects ${location}: give that as --endpoint if it is the report cache.`);
  }
  if (sentence === undefined && status < 500) throw notOurs(connection, `${status} to /v1`);
  const later = status === 408 || status === 429 || status === 503;
  const plain = sentence !== undefined && !later && status < 500;
  throw new ServiceError(plain ? sentence : `${endpoint} answers ${status}: ${sentence ?? 'it gives no reason.'}`, {
    exitCode: later ? exitCode.noService : status < 500 ? exitCode.usage : exitCode.failed,
    permanent: !later && status < 500,
  });
}

const refused = (message: string): ServiceError => new ServiceError(message, { permanent: true });

const notOurs = ({ endpoint }: Connection, how: string): ServiceError =>
  refused(`${endpoint} answered ${how}: something else than a report cache listens there. Look at --endpoint.`);

/** The sentence of `{"error":"…"}`. */
function errorOf(text: string, type: string | undefined): string | undefined {
  if (type !== 'application/json') return undefined;
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    return typeof error === 'string' && error !== '' ? harmless(error, 2000) : undefined;
  } catch {
    return undefined;
  }
}

async function textOf(answer: IncomingMessage, limit: number, { endpoint }: Connection): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of answer as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > limit) {
        answer.destroy();
        throw new ServiceError(`The answer of ${endpoint} is longer than ${limit / 1024 / 1024} MiB.`, {
          permanent: true,
        });
      }
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof ServiceError) throw error;
    throw new ServiceError(`The answer of ${endpoint} broke off.`);
  }
  return Buffer.concat(chunks).toString();
}
