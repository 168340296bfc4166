import { type Question, StatusError } from '@millrace/http-client';
import { UnknownServer } from './error.ts';
import { legacySource } from './legacy.ts';
import type { Reached, Source } from './source.ts';
import { v1Source } from './v1.ts';

/** Of what is asked for to find out: this long before now. */
const lookBackMs = 3_600_000;

/** What a server is; `auto` where that is not known. */
export type Generation = 'auto' | 'legacy' | 'v1';

/**
 * Asks what only one of the generations knows. Rejects if the server cannot be asked, with an UnknownServer if it is neither.
 * `heard` is told the date of each answer.
 */
export async function detect(
  reached: Reached & { heard?(dateMs: number | undefined): void },
  { generation = 'auto', nowMs }: { readonly generation?: Generation; readonly nowMs: number },
  signal: AbortSignal,
): Promise<Source> {
  const { ask, url, maxBytes } = reached;

  /** Whether it is an answer in JSON, and no page that stands for all paths. */
  async function knows(question: Pick<Question, 'url' | 'content'>): Promise<boolean> {
    try {
      const { body, dateMs } = await ask({ ...question, maxBytes, signal });
      reached.heard?.(dateMs);
      JSON.parse(body.toString());
      return true;
    } catch (error) {
      if (error instanceof SyntaxError) return false;
      if (error instanceof StatusError && [404, 405, 501].includes(error.status)) return false;
      throw error;
    }
  }

  if (generation !== 'legacy') {
    const bytes = Buffer.from(JSON.stringify({ start: nowMs - lookBackMs, end: nowMs }));
    const content = { type: 'application/json', bytes };
    if (await knows({ url: url('querier.v1.QuerierService/ProfileTypes'), content })) return v1Source(reached);
  }
  if (generation !== 'v1' && (await knows({ url: url('label-values', { label: '__name__' }) })))
    return legacySource(reached);
  throw new UnknownServer(
    generation === 'auto'
      ? 'It answers neither as a legacy Pyroscope nor as a Grafana Pyroscope.'
      : `It does not answer as a server of the generation ${generation}.`,
  );
}
