import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { Problem } from '@millrace/core';

export const headersSchema = {
  type: 'object',
  description: 'Headers to send with every request, such as `authorization`.',
  default: {},
  additionalProperties: { type: 'string', format: 'secret', description: 'A value; never printed.' },
} as const;

export type Headers = Readonly<Record<string, string>>;

/** Names as they are compared. */
export const lowerCase = (headers: Headers): Headers =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

const ours = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'keep-alive',
  'te',
  'transfer-encoding',
  'upgrade',
]);

/** The problems of names and values; a message never has the value. */
export function checkHeaders(headers: Headers): Problem[] {
  return Object.entries(headers).flatMap(([name, value]) => {
    const message = ours.has(name.toLowerCase()) ? 'is set by the exporter and cannot be changed' : fault(name, value);
    return message ? [{ path: ['headers', name], message: `The header ${JSON.stringify(name)} ${message}.` }] : [];
  });
}

function fault(name: string, value: string): string | undefined {
  try {
    validateHeaderName(name);
  } catch {
    return 'has a name that HTTP does not allow';
  }
  try {
    validateHeaderValue(name, value);
  } catch {
    return 'has a value with characters that HTTP does not allow';
  }
  return undefined;
}

/** Takes the header values out of a text that comes from the other side. Short ones are words like any other. */
export function redactor(...headers: readonly Headers[]): (text: string) => string {
  const secrets = headers
    .flatMap((some) => Object.values(some))
    .flatMap((value) => [value, value.replace(/^\w+ +/, '')])
    .filter((value) => value.length >= 6)
    // The longest first: one may begin with another.
    .sort((a, b) => b.length - a.length);
  return (text) => secrets.reduce((redacted, secret) => redacted.replaceAll(secret, '[redacted]'), text);
}
