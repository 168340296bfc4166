import type { Profile } from '@millrace/pprof';
import type { Fetch } from '../fetch.ts';
import type { Loaded } from '../loaded.ts';
import type { SourceOptions } from '../options.ts';
import { ProfileProblem, usage } from '../problem.ts';
import { recognize } from '../recognize.ts';
import { iso, type Window } from '../times.ts';
import { parseQuery, type Query } from './query.ts';
import { mergeProfile, profileTypes, typeOf } from './v1.ts';

const timeoutMs = 120_000;

export interface Server {
  readonly base: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly fetch: Fetch;
  readonly timeoutMs: number;
}

/** The profile that a Pyroscope server has for the query of the flags, in a window. Which generation it is, it is asked. */
export async function askPyroscope(
  options: SourceOptions,
  { fetch, window }: { fetch: Fetch; window: Window },
): Promise<Loaded> {
  const server: Server = {
    base: serverUrl(options.pyroscope!),
    headers: options.tenant === undefined ? {} : { 'x-scope-orgid': options.tenant },
    fetch,
    timeoutMs,
  };
  const query = parseQuery(options);
  const types = query.profileType === undefined ? await profileTypes(server, window) : undefined;
  const name = query.text || `${query.application} ${query.profileType}`;
  const bytes =
    query.profileType === undefined && types === undefined
      ? await render(server, { query, window })
      : await mergeProfile(server, {
          profileType: query.profileType ?? typeOf(query, types!),
          selector: selectorOf(query),
          window,
        });
  const empty = new ProfileProblem(
    `${server.base.host} has no samples of ${name} from ${iso(window.from)} to ${iso(window.until)}.`,
  );
  if (bytes.length === 0) throw empty;
  const loaded = { ...recognize({ name, bytes }), window };
  if (loaded.profile.samples.count === 0) throw empty;
  return { ...loaded, profile: named(loaded.profile, query) };
}

/** The first generation does not say what its values are: that is in the name of the query. */
function named(profile: Profile, { type = '' }: Query): Profile {
  const sampleTypes = profile.sampleTypes.map((one) => {
    if (one.type !== '') return one;
    return one.unit === 'samples' ? { type: 'samples', unit: 'count' } : { type, unit: one.unit };
  });
  return { ...profile, sampleTypes };
}

function serverUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol))
    throw usage(`--pyroscope must be a URL like http://localhost:4040, not ${text}`);
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  [url.search, url.hash] = ['', ''];
  return url;
}

/** Of the first generation: https://github.com/grafana/pyroscope/blob/v0.37.1/pkg/server/render.go */
async function render(
  { base, headers, fetch }: Server,
  { query, window }: { query: Query; window: Window },
): Promise<Uint8Array> {
  const url = new URL('render', base);
  const seconds = (time: number): string => String(Math.floor(time / 1000));
  url.search = String(
    new URLSearchParams({
      query: query.text,
      from: seconds(window.from),
      until: seconds(window.until),
      format: 'pprof',
    }),
  );
  return (await fetch({ url, headers, timeoutMs })).bytes;
}

/** The label selector of the second generation, where an application is the label `service_name`. */
function selectorOf({ application, matchers }: Query): string {
  const own = application === undefined ? [] : [`service_name=${JSON.stringify(application)}`];
  return `{${[...own, ...(matchers.trim() === '' ? [] : [matchers.trim()])].join(',')}}`;
}
