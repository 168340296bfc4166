import { QueryError } from './error.ts';
import { knownType, shortType } from './profile-type.ts';

export interface Matcher {
  readonly label: string;
  readonly operator: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

/** What is asked for, whichever generation the server is of. */
export interface Query {
  /** Undefined where the query does not say one. */
  readonly application: string | undefined;
  /** `cpu`, or the five parts of Grafana Pyroscope. */
  readonly profileType: string;
  readonly matchers: readonly Matcher[];
}

/** The same for the same query, however it was written; letters that a path can have. */
export const queryKey = ({ application = '', profileType, matchers }: Query): string =>
  encodeURIComponent(`${application}\0${shortType(profileType)}\0${printMatchers(matchers)}`);

/**
 * `app.cpu{tag="v"}`, or the five parts of a profile type with a selector that may name the service. With `profileType`, a name
 * without a dot is an application of which this is asked. Throws a QueryError that says what is wrong.
 */
export function parseQuery(text: string, { profileType }: { readonly profileType?: string } = {}): Query {
  const brace = text.indexOf('{');
  const name = (brace === -1 ? text : text.slice(0, brace)).trim();
  const matchers = brace === -1 ? [] : parseSelector(text.slice(brace));
  if (name.includes(':')) {
    const service = matchers.find(({ label, operator }) => label === 'service_name' && operator === '=');
    return {
      application: service?.value,
      profileType: name,
      matchers: matchers.filter((matcher) => matcher !== service),
    };
  }
  const dot = name.lastIndexOf('.');
  if (dot === -1 && name !== '' && profileType !== undefined) return { application: name, profileType, matchers };
  if (dot <= 0 || dot === name.length - 1)
    throw new QueryError(
      `${JSON.stringify(text)} begins neither with an application and its profile type, app.cpu, nor with the five parts of a type.`,
    );
  return { application: name.slice(0, dot), profileType: name.slice(dot + 1), matchers };
}

/** One matcher, a comma or the end behind it. */
const matcherPattern = /\s*([A-Za-z_][\w.]*)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*")\s*(,|$)/y;

/** Reads `a="b", c=~"d"`, also in braces. Throws a QueryError that says from where on it cannot be read. */
export function parseMatchers(text: string): Matcher[] {
  const inner = text.trim().replace(/^\{/, '').replace(/\}$/, '').trim();
  const matchers: Matcher[] = [];
  for (let at = 0; at < inner.length; at = matcherPattern.lastIndex) {
    matcherPattern.lastIndex = at;
    const found = matcherPattern.exec(inner);
    if (!found)
      throw new QueryError(
        `The selector cannot be read from ${JSON.stringify(inner.slice(at, at + 30))} on; it should be like a="b", c=~"d.*".`,
      );
    const [, label, operator, value] = found;
    matchers.push({ label: label!, operator: operator as Matcher['operator'], value: unquoted(value!) });
  }
  return matchers;
}

function parseSelector(text: string): Matcher[] {
  if (!text.trimEnd().endsWith('}')) throw new QueryError(`The selector is not closed: ${JSON.stringify(text)}.`);
  return parseMatchers(text);
}

function unquoted(text: string): string {
  return text
    .slice(1, -1)
    .replace(/\\(.)/g, (_all, character: string) => ({ n: '\n', t: '\t' })[character] ?? character);
}

const printMatchers = (matchers: readonly Matcher[]): string =>
  matchers.map(({ label, operator, value }) => `${label}${operator}${JSON.stringify(value)}`).join(',');

/** As `/render` of the legacy server takes it. */
export function legacyQuery({ application = '', profileType, matchers }: Query): string {
  return `${application}.${shortType(profileType)}{${printMatchers(matchers)}}`;
}

/** As the querier of Grafana Pyroscope takes it. Throws a QueryError where the profile type has not five parts. */
export function v1Query({ application, profileType, matchers }: Query): {
  readonly type: string;
  readonly selector: string;
} {
  const type = knownType(profileType);
  if (type === undefined)
    throw new QueryError(
      `${profileType} is no profile type of Grafana Pyroscope, which has five parts, as process_cpu:cpu:nanoseconds:cpu:nanoseconds.`,
    );
  const service: Matcher[] =
    application === undefined ? [] : [{ label: 'service_name', operator: '=', value: application }];
  return { type, selector: `{${printMatchers([...service, ...matchers])}}` };
}
