import type { AnyValue, Headers, Resource } from '@millrace/core';
import { invalid } from '@millrace/server';

/** More agents than one Millrace serves. One that is forgotten gets an equal resource anew. */
const defaultLimits = { resources: 20_000, characters: 8 * 1024 * 1024 };

const requiredTags = ['environment', 'service', 'container', 'host'] as const;
const optionalTags = ['app', 'database'] as const;

/**
 * The resource that a call's metadata names: the same object for the same tags, so that what others keep of it serves again.
 * Throws a Refusal that names the required tags that are missing.
 */
export function createResources(extraTags: readonly string[], limits = defaultLimits): (headers: Headers) => Resource {
  const names = [...new Set([...requiredTags, ...optionalTags, ...extraTags])];
  const known = new Map<string, Resource>();
  let characters = 0;

  function forget(key: string): void {
    known.delete(key);
    characters -= key.length;
  }

  return (headers) => {
    const texts = names.map((name) => textOf(headers, name));
    const key = texts.map((text) => text ?? absent).join('\n');
    const found = known.get(key);
    const resource = found ?? createResource(names, texts);
    if (found) forget(key);
    known.set(key, resource);
    characters += key.length;
    // A Map goes through its keys in the order in which they were set: the first is the one not asked for longest.
    while (known.size > limits.resources || characters > limits.characters) forget(known.keys().next().value!);
    return resource;
  };
}

/** No header can have this in it. */
const absent = '\0';

function textOf(headers: Headers, name: string): string | undefined {
  // Whoever is in between may set `host`, as HTTP has a meaning for it; nobody sets `host_name` but an agent.
  const value = name === 'host' ? (headers['host_name'] ?? headers['host']) : headers[name];
  return typeof value === 'object' ? value.join(', ') : value;
}

function createResource(names: readonly string[], texts: readonly (string | undefined)[]): Resource {
  const attributes: Record<string, AnyValue> = {};
  for (const [index, name] of names.entries()) {
    const text = texts[index];
    if (text !== undefined) attributes[name] = name.endsWith('-bin') ? Buffer.from(text, 'base64') : decoded(text);
  }
  const missing = requiredTags.filter((name) => attributes[name] === undefined);
  if (missing.length > 0) throw invalid(missingMessage(missing));
  return Object.freeze({ attributes: Object.freeze(attributes) });
}

const missingMessage = (missing: readonly string[]): string =>
  `The metadata lacks ${missing.map((name) => (name === 'host' ? 'host (or host_name)' : name)).join(', ')}.`;

/** Node.js reads headers as Latin-1; agents built with an old gRPC send UTF-8 as it stands. */
const decoded = (text: string): string =>
  /[\x80-\xff]/.test(text) ? Buffer.from(text, 'latin1').toString('utf8') : text;
