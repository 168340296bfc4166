import type { HostPort } from '@millrace/core';
import type { Connections } from './agents.ts';
import type { Answer } from './answer.ts';
import type { Body } from './body.ts';
import { createClient } from './client.ts';

export interface Post {
  /** Default: POST. */
  readonly method?: 'POST' | 'GET';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body;
  /** Where to connect to instead of looking up the host of the URL. */
  readonly address?: HostPort | undefined;
  readonly signal: AbortSignal | undefined;
}

/** What an exporter needs: to send something, and to know the short answer. */
export interface Poster {
  /** Resolves with any answer, whatever its status; rejects when there is none. */
  post(post: Post): Promise<Answer>;
  /** Lets the requests under way end, until the signal. */
  close(signal: AbortSignal): Promise<void>;
}

export const createPoster = (connections: Connections): Poster => createClient(connections);
