import type { Attributes } from '@millrace/core';
import { parseMatchers, parseQuery, type Query as Asked, QueryError, queryKey } from '@millrace/pyroscope-client';
import type { QueryConfig } from '../config/server.ts';

/** What is pulled. */
export interface Query extends Asked {
  /** The same for the same query: where its position is kept. */
  readonly key: string;
  readonly attributes: Attributes;
}

/** Throws a QueryError that says what is wrong with the query. */
export function queryOf(config: QueryConfig): Query {
  const { query, application, profile_type: profileType, selector, attributes } = config;
  if (query !== undefined) {
    if (application !== undefined) throw new QueryError('Query and application exclude each other: give one.');
    return keyed(parseQuery(query), attributes);
  }
  if (application === undefined) throw new QueryError('Either query or application must be given.');
  return keyed({ application, profileType, matchers: parseMatchers(selector) }, attributes);
}

export const keyed = (query: Asked, attributes: Attributes): Query => ({ ...query, key: queryKey(query), attributes });

/** What the query says of the resource: the service, and labels that have one value. */
export function resourceAttributes({ application, matchers, attributes }: Query): Attributes {
  const equal = matchers.filter(({ operator, label }) => operator === '=' && !label.startsWith('__'));
  return {
    ...(application !== undefined && { 'service.name': application }),
    ...Object.fromEntries(equal.map(({ label, value }) => [label, value])),
    ...attributes,
  };
}
