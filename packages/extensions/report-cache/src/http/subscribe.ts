import type { ServerResponse } from 'node:http';
import type { Clock } from '@millrace/core';
import type { Sweep } from '@millrace/server';
import { createSweep } from '@millrace/server';
import type { Cache, SubscribeRequest } from '../cache/cache.ts';
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

/** Server-sent events until the client goes or the cache closes. https://html.spec.whatwg.org/multipage/server-sent-events.html */
export async function streamEvents(
  { response, headers }: Exchange,
  request: SubscribeRequest,
  { cache, texts, beats }: { readonly cache: Cache; readonly texts: Texts; readonly beats: Beats },
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
        await drained(response);
    }
  } finally {
    beats.delete(response);
    subscription.close();
    response.end();
  }
}

const missedEvent = (count: number): string => `event: missed\ndata: {"count":"${count}"}\n\n`;
