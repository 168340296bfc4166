import { type IncomingMessage, request } from 'node:http';
import { once } from 'node:events';

export interface Answer {
  readonly status: number;
  /** As JSON where it is JSON. */
  readonly body: unknown;
}

/** The Docker Engine API over a unix socket. Knows nothing of containers. */
export interface EngineApi {
  readonly socket: string;
  /** Rejects, with what the engine says, where it does not answer with 2xx or 304. */
  call(method: string, path: string, body?: object | Buffer): Promise<Answer>;
}

export function engineApi(socket: string): EngineApi {
  return {
    socket,
    async call(method, path, body) {
      const outgoing = request({
        socketPath: socket,
        method,
        path,
        headers: { 'content-type': Buffer.isBuffer(body) ? 'application/x-tar' : 'application/json' },
      });
      outgoing.end(body === undefined || Buffer.isBuffer(body) ? body : JSON.stringify(body));
      const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
      let text = '';
      for await (const chunk of response.setEncoding('utf8')) text += chunk as string;
      const status = response.statusCode!;
      if (status >= 400) throw new Error(`${method} ${path} was answered with ${status}: ${text.trim()}`);
      return { status, body: parsed(text) };
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
