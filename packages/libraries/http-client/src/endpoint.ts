import type { Problem } from '@millrace/core';
import { isHttpUrl } from './url.ts';

export interface EndpointRule {
  readonly path: Problem['path'];
  /** What the message calls it; otherwise its path. */
  readonly name?: string;
  /** Where credentials go instead: `use auth, or headers`. */
  readonly instead: string;
}

/** What is wrong with the URL of a server: logs and errors show URLs, so there is no place for a password in one. */
export function checkEndpoint(text: string, { path, name = path.join('.'), instead }: EndpointRule): Problem[] {
  if (!isHttpUrl(text)) return [{ path, message: `${name} must be a URL that begins with http:// or https://.` }];
  const { username, password } = new URL(text);
  if (username === '' && password === '') return [];
  return [{ path, message: `${name} must have no user and no password: ${instead}.` }];
}
