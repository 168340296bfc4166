import type { Client } from '../api/client.ts';
import type { Endpoint } from '../api/endpoint.ts';
import { ApiError } from '../api/error.ts';
import type { Json, Shape } from '../json/shape.ts';
import { apiErrorOf } from './probe.ts';

export interface Question<T> {
  readonly path: string;
  readonly shape: Shape;
  /** What is answered, or undefined if that is something else. */
  parse(json: Json | undefined): T | undefined;
}

export interface Asking {
  readonly client: Client;
  readonly signal: AbortSignal;
  /** The endpoints to ask, one after the other until one answers. */
  readonly endpoints: AsyncIterable<Endpoint>;
  /** Called with what fails before that. */
  fail(error: ApiError): void;
}

/** The answer of the first endpoint that has one. Undefined if none has. */
export async function ask<T>({ path, shape, parse }: Question<T>, asking: Asking): Promise<T | undefined> {
  const { client, signal, endpoints, fail } = asking;
  for await (const endpoint of endpoints) {
    try {
      const answer = parse(await client.json({ endpoint, path, signal }, shape));
      if (answer !== undefined) return answer;
      fail(new ApiError(`GET ${endpoint.base}${path} was answered with something else.`, { reason: 'bad_reply' }));
    } catch (error) {
      const failed = apiErrorOf(error, endpoint);
      fail(failed);
      // What this user may not see, no other node shows.
      if (failed.reason === 'forbidden' || signal.aborted) return undefined;
    }
  }
  return undefined;
}
