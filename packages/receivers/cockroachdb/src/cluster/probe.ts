import type { Client, Health } from '../api/client.ts';
import type { Endpoint } from '../api/endpoint.ts';
import { ApiError } from '../api/error.ts';

/** What an endpoint answered to its health check. */
export interface Probe {
  readonly endpoint: Endpoint;
  /** Undefined where it did not answer as a node does. */
  readonly health: Health | undefined;
  readonly error: ApiError | undefined;
}

/** Never rejects. */
export async function probe(client: Client, endpoint: Endpoint, signal: AbortSignal): Promise<Probe> {
  try {
    return { endpoint, health: await client.health(endpoint, signal), error: undefined };
  } catch (error) {
    return { endpoint, health: undefined, error: apiErrorOf(error, endpoint) };
  }
}

export const apiErrorOf = (error: unknown, endpoint: Endpoint): ApiError =>
  error instanceof ApiError
    ? error
    : new ApiError(`${endpoint.base} could not be asked`, { reason: '_OTHER', cause: error });

/** Endpoints in the order in which they answer: those that are ready at once, the others when all have been waited for. */
export async function* inTurn(probes: readonly Promise<Probe>[]): AsyncGenerator<Endpoint> {
  const waiting = new Map(probes.map((one, index) => [index, one.then((answer) => ({ index, answer }))]));
  const others: Endpoint[] = [];
  while (waiting.size > 0) {
    const { index, answer } = await Promise.race(waiting.values());
    waiting.delete(index);
    if (answer.health?.ready) yield answer.endpoint;
    // A proxy may let through the API and not the health check, so that any answer is worth a try.
    else if (answer.health || answer.error?.status !== undefined) others.push(answer.endpoint);
  }
  yield* others;
}
