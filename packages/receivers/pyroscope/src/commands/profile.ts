import { type ConfigOf, PermanentError } from '@millrace/core';
import { formatWindow, parseQuery, parseWindow } from '@millrace/pyroscope-client';
import { type Server, withTimes } from '../server/server.ts';
import { asking, checked } from './asking.ts';
import { formatted } from './formats.ts';
import { serverArgument, serverFor } from './which.ts';

const pattern = (description: string) =>
  ({ type: 'string', description: `${description} A regular expression, in Go's syntax.` }) as const;

export const profileArguments = {
  properties: {
    query: {
      type: 'string',
      minLength: 1,
      description:
        'As Pyroscope has it: `app.cpu{tag="v"}`, or `process_cpu:cpu:nanoseconds:cpu:nanoseconds{service_name="app"}`.',
    },
    server: serverArgument,
    from: {
      type: 'string',
      default: 'now-5m',
      description: 'From when on: `now-1h30m`, `2026-01-31T12:00:00Z`, or seconds or milliseconds since 1970.',
    },
    until: { type: 'string', default: 'now', description: 'Up to when, the same.' },
    format: {
      type: 'string',
      enum: ['report', 'top', 'tree', 'folded', 'flamebearer', 'pprof'],
      default: 'report',
      description:
        'Text: Markdown, a table, callers and callees, stacks. Or the JSON of Pyroscope, or a file of pprof in base64.',
    },
    sample_type: {
      type: 'string',
      minLength: 1,
      description: 'Which of the values. Without: the default of the profile.',
    },
    show: pattern('Only functions that match.'),
    hide: pattern('No functions that match.'),
    focus: pattern('Only stacks with a function that matches.'),
    ignore: pattern('No stacks with a function that matches.'),
    sort: {
      type: 'string',
      enum: ['self', 'total'],
      default: 'self',
      description: 'Of a report, a table and a tree: by what was spent in a function, or also in what it called.',
    },
    limit: {
      type: 'integer',
      minimum: 1,
      description: 'How many functions a report, a table and a tree have at most, or bars a flame graph.',
    },
  },
  required: ['query'],
} as const;
export type ProfileArguments = ConfigOf<typeof profileArguments>;

/** The profile of a query, of any time, in the format that is wanted. */
export async function askProfile(
  servers: readonly Server[],
  given: ProfileArguments,
  signal: AbortSignal,
): Promise<unknown> {
  const server = serverFor(servers, given.server);
  const query = checked(() => parseQuery(given.query));
  const profile = await asking(server, signal, (within) =>
    server.use(within, async (source) => {
      // A time is one of the server, which was heard when it was found out what it is.
      const now = server.time.now();
      const window = parseWindow({ name: 'from', text: given.from }, { name: 'until', text: given.until }, now);
      const pulled = await source.pull(await source.resolve(query, window, within), window, within);
      if (pulled.profile) return withTimes(pulled.profile, window);
      throw new PermanentError(`${server.id} has no samples of ${given.query} from ${formatWindow(window)}.`);
    }),
  );
  return checked(() => formatted(profile, given));
}
