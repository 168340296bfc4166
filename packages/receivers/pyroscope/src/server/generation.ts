import { type Ask, StatusError } from '../ask.ts';
import type { ServerConfig } from '../config/server.ts';
import type { ServerClock } from './clock.ts';
import { legacySource } from './legacy.ts';
import type { Source } from './source.ts';
import { serverUrl } from './url.ts';
import { v1Source } from './v1.ts';

/** Neither of the two answered as it would. */
export class UnknownServer extends Error {
  override readonly name = 'UnknownServer';
}

interface Reached {
  readonly ask: Ask;
  readonly clock: ServerClock;
  readonly maxBytes: number;
}

/** Asks what only one of the generations knows. It tells the server's clock too. Rejects if the server cannot be asked. */
export async function detect(
  config: ServerConfig,
  { ask, clock, maxBytes }: Reached,
  signal: AbortSignal,
): Promise<Source> {
  const url = serverUrl(config.endpoint);
  const endMs = clock.now();

  /** Whether it is an answer in JSON, and no page that stands for all paths. */
  async function knows(request: Parameters<Ask>[0]): Promise<boolean> {
    const askedAt = clock.local();
    try {
      const { body, dateMs } = await ask(request);
      clock.heard({ dateMs, askedAt });
      JSON.parse(body.toString());
      return true;
    } catch (error) {
      if (error instanceof SyntaxError) return false;
      if (error instanceof StatusError && [404, 405, 501].includes(error.status)) return false;
      throw error;
    }
  }

  if (config.generation !== 'legacy') {
    const bytes = Buffer.from(JSON.stringify({ start: endMs - 3_600_000, end: endMs }));
    const content = { type: 'application/json', bytes };
    if (await knows({ url: url('querier.v1.QuerierService/ProfileTypes'), content, maxBytes, signal }))
      return v1Source(ask, { url, maxBytes });
  }
  if (config.generation !== 'v1') {
    if (await knows({ url: url('label-values', { label: '__name__' }), maxBytes, signal }))
      return legacySource(ask, { url, maxBytes });
  }
  throw new UnknownServer(
    config.generation === 'auto'
      ? 'It answers neither as a legacy Pyroscope nor as a Grafana Pyroscope.'
      : `It does not answer as a server of the generation ${config.generation}.`,
  );
}
