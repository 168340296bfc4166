import type { Attributes } from '@millrace/core';
import type { QueryConfig } from '../config/server.ts';
import { knownType, shortType } from './profile-type.ts';

export interface Matcher {
  readonly label: string;
  readonly operator: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

/** What is pulled, whichever generation the server is of. */
export interface Query {
  /** The same for the same query: where its position is kept. */
  readonly key: string;
  /** Undefined where the query does not say one. */
  readonly application: string | undefined;
  /** `cpu`, or the five parts of Grafana Pyroscope. */
  readonly profileType: string;
  readonly matchers: readonly Matcher[];
  readonly attributes: Attributes;
}

/** A query of the config is not one. */
export class QueryError extends Error {
  override readonly name = 'QueryError';
}

/** Throws a QueryError that says what is wrong with the query. */
export function queryOf(config: QueryConfig): Query {
  const { query, application, profile_type: profileType, selector, attributes } = config;
  if (query !== undefined) {
    if (application !== undefined) throw new QueryError('Query and application exclude each other: give one.');
    return keyed({ ...parseQuery(query), attributes });
  }
  if (application === undefined) throw new QueryError('Either query or application must be given.');
  return keyed({ application, profileType, matchers: parseMatchers(selector), attributes });
}

export function keyed(query: Omit<Query, 'key'>): Query {
  const text = `${query.application ?? ''}\0${shortType(query.profileType)}\0${printMatchers(query.matchers)}`;
  return { ...query, key: encodeURIComponent(text) };
}

/** `app.cpu{tag="v"}`, or the five parts of a profile type with a selector that may name the service. */
function parseQuery(text: string): Pick<Query, 'application' | 'profileType' | 'matchers'> {
  const brace = text.indexOf('{');
  const name = (brace === -1 ? text : text.slice(0, brace)).trim();
  const matchers = brace === -1 ? [] : parseMatchers(text.slice(brace));
  if (name.includes(':')) {
    const service = matchers.find(({ label, operator }) => label === 'service_name' && operator === '=');
    return {
      application: service?.value,
      profileType: name,
      matchers: matchers.filter((matcher) => matcher !== service),
    };
  }
  const dot = name.lastIndexOf('.');
  if (dot <= 0 || dot === name.length - 1)
    throw new QueryError(
      `${JSON.stringify(text)} begins neither with an application and its profile type, app.cpu, nor with the five parts of a type.`,
    );
  return { application: name.slice(0, dot), profileType: name.slice(dot + 1), matchers };
}

/** One matcher, a comma or the end behind it. */
const matcherPattern = /\s*([A-Za-z_][\w.]*)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*")\s*(,|$)/y;

/** Reads `a="b", c=~"d"`, also in braces. */
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

/** What the query says of the resource: the service, and labels that have one value. */
export function resourceAttributes({ application, matchers, attributes }: Query): Attributes {
  const equal = matchers.filter(({ operator, label }) => operator === '=' && !label.startsWith('__'));
  return {
    ...(application !== undefined && { 'service.name': application }),
    ...Object.fromEntries(equal.map(({ label, value }) => [label, value])),
    ...attributes,
  };
}
