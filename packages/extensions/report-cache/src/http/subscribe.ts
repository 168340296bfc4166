import type { ServerResponse } from 'node:http';
import type { Clock } from '@millrace/core';
import type { Sweep } from '@millrace/server';
import { createSweep, Refusal } from '@millrace/server';
import type { Cache, SubscribeRequest } from '../cache/cache.ts';
import type { Patience } from '../patience.ts';
import type { Texts } from '../text.ts';
import type { Exchange } from './answer.ts';
import { drained } from './answer.ts';

/** So often a client hears that its connection still stands, and this side finds out that it does not. */
const beatMs = 15_000;

export type Beats = Sweep<ServerResponse>;

export const createBeats = (clock: Clock): Beats =>
  createSweep<ServerResponse>({ clock, periodMs: beatMs }, (response) => {
    if (!response.writableNeedDrain) response.write(': still here\n\n');
  });

interface Streaming {
  readonly cache: Cache;
  readonly texts: Texts;
  readonly beats: Beats;
  readonly patience: Patience;
}

/** Server-sent events until the client goes or the cache closes. https://html.spec.whatwg.org/multipage/server-sent-events.html */
export async function streamEvents(
  { response, headers }: Exchange,
  request: SubscribeRequest,
  { cache, texts, beats, patience }: Streaming,
): Promise<void> {
  // While its right to ask was looked up, the client may have gone: nothing more would be heard of it.
  if (response.destroyed) return;
  const subscription = cache.subscribe(request);
  response.on('close', subscription.close);
  try {
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      // Nginx would gather events.
      'x-accel-buffering': 'no',
      ...headers,
    });
    response.write(': subscribed\n\n');
    beats.add(response);
    while (!subscription.isClosed) {
      const next = subscription.take();
      if (!next) await subscription.more();
      else if (!response.write('missed' in next ? missedEvent(next.missed) : texts.event(next)))
        await patience.wait(drained(response));
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    response.write(endedEvent(error));
    cutLater(response);
  } finally {
    beats.delete(response);
    subscription.close();
    response.end();
  }
}

/** Who does not read does not hear of the end, either; after so long it is cut. */
const lingerMs = 10_000;

function cutLater(response: ServerResponse): void {
  const timer = setTimeout(() => response.destroy(), lingerMs);
  response.once('close', () => clearTimeout(timer));
}

const endedEvent = ({ message }: Refusal): string => `event: ended\ndata: ${JSON.stringify({ error: message })}\n\n`;

const missedEvent = (count: number): string => `event: missed\ndata: {"count":"${count}"}\n\n`;
