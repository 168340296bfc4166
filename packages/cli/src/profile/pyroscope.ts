import { isHttpUrl } from '@millrace/http-client';
import {
  detect,
  formatWindow,
  inTime,
  NoProfiles,
  parseQuery,
  type Query,
  QueryError,
  serverUrl,
  UnknownServer,
  type Window,
} from '@millrace/pyroscope-client';
import { type Fetch, maxBytes } from './fetch.ts';
import type { Loaded } from './loaded.ts';
import type { SourceOptions } from './options.ts';
import { noService, ProfileProblem, usage } from './problem.ts';
import { recognize } from './recognize.ts';

const timeoutMs = 120_000;

/** The profile that a Pyroscope server has for the query of the flags, in a window. Which generation it is, it is asked. */
export async function askPyroscope(
  options: SourceOptions,
  { fetch, window }: { fetch: Fetch; window: Window },
): Promise<Loaded> {
  const endpoint = endpointOf(options.pyroscope!);
  const query = queryOf(options);
  const name = options.query ?? `${query.application}.${query.profileType}{}`;
  return fetch({ url: endpoint, timeoutMs }, async (ask, signal) => {
    const read = (bytes: Uint8Array) => recognize({ name, bytes }).profile;
    try {
      const reached = { ask, url: serverUrl(endpoint.href), maxBytes, read };
      const source = await detect(reached, { nowMs: window.endMs }, signal);
      const { profile } = await source.pull(await source.resolve(query, window, signal), window, signal);
      if (profile) return { name, profile: inTime(profile), window };
    } catch (error) {
      if (error instanceof QueryError) throw usage(`--type: ${error.message}`);
      if (error instanceof NoProfiles) throw new ProfileProblem(error.message);
      if (error instanceof UnknownServer) throw noService(`${endpoint.host}: ${error.message}`);
      throw error;
    }
    throw new ProfileProblem(`${endpoint.host} has no samples of ${name} from ${formatWindow(window)}.`);
  });
}

function endpointOf(text: string): URL {
  if (!isHttpUrl(text)) throw usage(`--pyroscope must be a URL like http://localhost:4040, not ${text}`);
  const url = new URL(text);
  [url.search, url.hash] = ['', ''];
  return url;
}

export function queryOf({ query, application, type }: SourceOptions): Query {
  if (query !== undefined && application !== undefined)
    throw usage('--query and --application say the same: give one of them.');
  if (application !== undefined) return { application, profileType: type ?? 'cpu', matchers: [] };
  if (query === undefined) throw usage('What to ask Pyroscope for: --query, or --application.');
  try {
    const asked = parseQuery(query, { profileType: 'cpu' });
    return type === undefined || asked.profileType.includes(':') ? asked : { ...asked, profileType: type };
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    throw usage(
      `--query must be like app.cpu{} or process_cpu:cpu:nanoseconds:cpu:nanoseconds{service_name="app"}, not ${query}. ${error.message}`,
    );
  }
}
