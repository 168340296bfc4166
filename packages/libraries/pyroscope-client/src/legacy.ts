import { decode, type Profile, ProfileError } from '@millrace/pprof';
import { shortType } from './profile-type.ts';
import { legacyQuery, type Query } from './query.ts';
import type { Found, Reached, Source, Window } from './source.ts';
import { isRecord } from './url.ts';

/** Rates that are remembered: who asks may ask for ever new selectors. */
const mostRates = 1_000;

/** The server up to 0.37. It keeps blocks of 10 seconds, and gives those from `from` up to, not including, `until`. */
export function legacySource({ ask, url, maxBytes, read = (body) => decode(body, { maxBytes }) }: Reached): Source {
  /** By query: samples a second, of those that count samples of the CPU. */
  const rates = new Map<string, number>();

  const render = (query: Query, { startMs, endMs }: Window, more: Readonly<Record<string, string>>): URL => {
    const [from, until] = [Math.floor(startMs / 1000), Math.ceil(endMs / 1000)];
    return url('render', { query: legacyQuery(query), from: String(from), until: String(until), ...more });
  };

  /** The pprof form does not say it. A tree of one node is all that is wanted of the other form. */
  async function rateOf(query: Query, window: Window, signal: AbortSignal): Promise<number> {
    const key = legacyQuery(query);
    let rate = rates.get(key);
    if (rate === undefined) {
      const { body } = await ask({
        url: render(query, window, { format: 'json', 'max-nodes': '1' }),
        maxBytes,
        signal,
      });
      const answer: unknown = JSON.parse(body.toString());
      const metadata = isRecord(answer) && isRecord(answer['metadata']) ? answer['metadata'] : {};
      rate = Number(metadata['sampleRate']) || 0;
      const [oldest] = rates.keys();
      if (rates.size >= mostRates && oldest !== undefined) rates.delete(oldest);
      rates.set(key, rate);
    }
    return rate;
  }

  return {
    generation: 'legacy',
    async pull(query, window, signal) {
      const { body, dateMs } = await ask({ url: render(query, window, { format: 'pprof' }), maxBytes, signal });
      const decoded = body.length === 0 ? undefined : read(body);
      if (!decoded || decoded.samples.count === 0) return { profile: undefined, dateMs };
      const [{ type, unit } = { type: '', unit: '' }] = decoded.sampleTypes;
      if (type !== '') return { profile: decoded, dateMs };
      const rate = unit === 'samples' ? await rateOf(query, window, signal) : 0;
      return { profile: withType(decoded, { type: shortType(query.profileType), unit, rate }), dateMs };
    },
    async find(_window, signal) {
      const { body } = await ask({ url: url('label-values', { label: '__name__' }), maxBytes, signal });
      const names: unknown = JSON.parse(body.toString());
      if (!Array.isArray(names)) throw new ProfileError('The names of applications are no list.');
      return names.flatMap((name): Found[] => {
        const dot = typeof name === 'string' ? name.lastIndexOf('.') : -1;
        return dot > 0 ? [{ application: name.slice(0, dot), profileType: name.slice(dot + 1) }] : [];
      });
    },
    resolve: async (query) => query,
  };
}

interface Known {
  readonly type: string;
  readonly unit: string;
  /** 0: unknown. */
  readonly rate: number;
}

/** The server leaves the type of the samples empty, and says nothing of their period. */
const withType = (profile: Profile, { type, unit, rate }: Known): Profile => ({
  ...profile,
  sampleTypes: [{ type, unit }],
  ...(rate > 0 && { periodType: { type: 'cpu', unit: 'nanoseconds' }, period: Math.round(1e9 / rate) }),
});
