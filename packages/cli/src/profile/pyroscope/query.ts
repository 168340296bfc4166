import type { SourceOptions } from '../options.ts';
import { usage } from '../problem.ts';

/** What is asked of Pyroscope, in the words of both generations. */
export interface Query {
  /** As given: what the legacy server takes. */
  readonly text: string;
  /** What stands before the braces, as `process_cpu:cpu:nanoseconds:cpu:nanoseconds`, if it is a profile type's id. */
  readonly profileType?: string;
  /** Otherwise: `app` and `cpu` of `app.cpu{…}`. */
  readonly application?: string;
  readonly type?: string;
  /** What stands between the braces. */
  readonly matchers: string;
}

export function parseQuery({ query, application, type }: SourceOptions): Query {
  if (query !== undefined && application !== undefined)
    throw usage('--query and --application say the same: give one of them.');
  if (application !== undefined) {
    const wanted = type ?? 'cpu';
    if (wanted.includes(':')) return { text: '', profileType: wanted, application, matchers: '' };
    return { text: `${application}.${wanted}{}`, application, type: wanted, matchers: '' };
  }
  if (query === undefined) throw usage('What to ask Pyroscope for: --query, or --application.');
  const found = /^\s*([^{}]+?)\s*(?:\{(.*)\})?\s*$/s.exec(query);
  if (!found)
    throw usage(
      `--query must be like app.cpu{} or process_cpu:cpu:nanoseconds:cpu:nanoseconds{service_name="app"}, not ${query}`,
    );
  const [, name = '', matchers = ''] = found;
  if (name.split(':').length >= 5) return { text: query, profileType: name, matchers };
  const dot = name.lastIndexOf('.');
  const named =
    dot > 0
      ? { application: name.slice(0, dot), type: type ?? name.slice(dot + 1) }
      : { application: name, type: type ?? 'cpu' };
  return { text: dot > 0 ? query : `${name}.${named.type}{${matchers}}`, ...named, matchers };
}
