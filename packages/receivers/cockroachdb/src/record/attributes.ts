import type { Attributes } from '@millrace/core';
import type { Endpoint } from '../api/endpoint.ts';

const made = new Map<string, Attributes>();

/** States, queues, reasons, nodes. Only an answer that is made up has more. */
const maxMade = 10_000;

/** The same object for the same attributes. */
export function one(key: string, value: string): Attributes {
  const id = `${key}=${value}`;
  let attributes = made.get(id);
  if (!attributes) {
    if (made.size >= maxMade) made.clear();
    attributes = Object.freeze({ [key]: value });
    made.set(id, attributes);
  }
  return attributes;
}

const failures = new WeakMap<Endpoint, Map<string, Attributes>>();

/** Of an endpoint that failed. */
export function failed(endpoint: Endpoint, reason: string): Attributes {
  const known = failures.get(endpoint) ?? new Map<string, Attributes>();
  failures.set(endpoint, known);
  const attributes = known.get(reason) ?? Object.freeze({ ...endpoint.attributes, 'error.type': reason });
  known.set(reason, attributes);
  return attributes;
}
