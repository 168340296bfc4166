import { Agent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as SecureAgent, request as requestHttps } from 'node:https';
import type { Endpoint } from './endpoint.ts';
import { EngineError, messageOf, unreachable } from './errors.ts';

export interface Ask {
  /** With its query. */
  readonly path: string;
  readonly signal?: AbortSignal | undefined;
  /** For the whole answer; of a stream, for its headers. Undefined: no end. */
  readonly timeoutMs?: number | undefined;
}

export interface Answer {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Transport {
  /** Rejects with an EngineError unless the answer is a 200, whole and not too big. */
  read(ask: Ask): Promise<Answer>;
  /** An answer that goes on. The caller listens to it, its errors too, and destroys it. */
  open(ask: Ask): Promise<IncomingMessage>;
  /** Closes what is kept open, and every stream. */
  close(): void;
}

/** The largest list that was seen is 2 kB a container. */
const maxBody = 64 * 1024 * 1024;
const maxErrorBody = 64 * 1024;

/** GET requests to one engine over `node:http`, which speaks over unix sockets too. */
export function createTransport(endpoint: Endpoint): Transport {
  const { tls, shown, prefix, socketPath, host, port } = endpoint;
  const stop = new AbortController();
  const options = { keepAlive: true, maxSockets: Infinity, maxFreeSockets: 8 };
  const agent = tls ? new SecureAgent(options) : new Agent(options);
  const authority = `${host?.includes(':') ? `[${host}]` : host}:${port}`;
  const address = socketPath === undefined ? { host, port } : { socketPath };

  /** Resolves with the headers of the answer; of one that is an error, rejects with its message. */
  function send({ path, signal, timeoutMs }: Ask): Promise<{ answer: IncomingMessage; clear: () => void }> {
    return new Promise((resolve, reject) => {
      const aborted = (): boolean => stop.signal.aborted || signal?.aborted === true;
      if (aborted()) return reject(reasonOf(signal, stop.signal));
      // Throws where a file cannot be read, which rejects.
      const secured = tls?.();
      let failed: unknown;
      let begun: IncomingMessage | undefined;
      const fail = (error: unknown): void => {
        failed ??= error;
        clear();
        (begun ?? sent).destroy(error as Error);
        reject(error instanceof EngineError || aborted() ? (error as Error) : unreachable(shown, path, error));
      };
      const timer =
        timeoutMs === undefined
          ? undefined
          : setTimeout(
              () => fail(new EngineError(`The engine at ${shown} did not answer GET ${path} within ${timeoutMs} ms.`)),
              timeoutMs,
            );
      const release = onAbort([signal, stop.signal], () => fail(reasonOf(signal, stop.signal)));
      const clear = (): void => {
        clearTimeout(timer);
        release();
      };
      const sent = (tls ? requestHttps : requestHttp)(
        {
          ...address,
          ...secured,
          agent,
          path: prefix + path,
          // The host of a unix socket means nothing; engines refuse an empty one.
          headers: { host: socketPath === undefined ? authority : 'docker', accept: 'application/json' },
        },
        (answer) => {
          begun = answer;
          answer.on('error', () => {});
          if (answer.statusCode === 200) return resolve({ answer, clear });
          void bodyOf(answer, maxErrorBody)
            .catch(() => '')
            .then((body) =>
              fail(
                new EngineError(
                  `The engine at ${shown} answered GET ${path} with ${answer.statusCode}: ${messageOf(body)}`,
                  { status: answer.statusCode ?? 0 },
                ),
              ),
            );
          return undefined;
        },
      );
      sent.on('error', (error: NodeJS.ErrnoException) => {
        if (failed) return;
        // A kept connection that the engine closed as the request went out: it has not seen it.
        if (sent.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE')) {
          clear();
          send({ path, signal, timeoutMs }).then(resolve, reject);
        } else fail(error);
      });
      sent.end();
      return undefined;
    });
  }

  return {
    async read(ask) {
      const { answer, clear } = await send(ask);
      try {
        return { headers: answer.headers, body: await bodyOf(answer, maxBody) };
      } catch (error) {
        if (ask.signal?.aborted) throw ask.signal.reason;
        throw error instanceof EngineError
          ? error
          : new EngineError(`The engine at ${shown} broke off its answer to GET ${ask.path}`, { cause: error });
      } finally {
        clear();
      }
    },
    async open(ask) {
      const { answer, clear } = await send(ask);
      clear();
      const release = onAbort([ask.signal, stop.signal], () => answer.destroy());
      answer.on('close', release);
      return answer;
    },
    close() {
      stop.abort(new Error('shut down'));
      agent.destroy();
    },
  };
}

/** Calls back when one of the signals aborts, until it is released. AbortSignal.any would leave something at those that live on. */
function onAbort(signals: readonly (AbortSignal | undefined)[], act: () => void): () => void {
  for (const signal of signals) signal?.addEventListener('abort', act);
  return () => {
    for (const signal of signals) signal?.removeEventListener('abort', act);
  };
}

const reasonOf = (...signals: readonly (AbortSignal | undefined)[]): Error =>
  signals.find((signal) => signal?.aborted)?.reason as Error;

function bodyOf(answer: IncomingMessage, limit: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    answer.on('data', (chunk: Buffer) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size <= limit) return;
      reject(new EngineError(`An answer of more than ${limit} bytes was broken off.`));
      answer.destroy();
    });
    answer.on('error', reject);
    answer.on('end', () => resolve(Buffer.concat(chunks, size).toString()));
    answer.on('close', () => reject(new Error('the connection was closed')));
  });
}
