import type { Methods, StreamMethod, StreamMethods } from '@millrace/server';
import { shuttingDown } from '@millrace/server';
import type { Cache } from '../cache/cache.ts';
import type { Commands } from '../commands.ts';
import { createPull } from '../dbmon/pull.ts';
import { unknownCluster } from '../not-found.ts';
import type { Patience } from '../patience.ts';
import {
  commandReply,
  commandRequest,
  commandsReply,
  cursorOf,
  fieldsOf,
  latestReply,
  missedEvent,
  rangeReply,
} from './messages.ts';

const path = (method: string): string => `/millrace.reports.v1.Reports/${method}`;

export interface Served {
  readonly cache: Cache;
  readonly commands: Commands;
  readonly patience: Patience;
}

export const createMethods = ({ cache, commands }: Omit<Served, 'patience'>): Methods =>
  new Map([
    [path('Latest'), async ({ bytes }) => latestReply(cache.latest(fieldsOf(bytes).texts(1)))],
    [
      path('Range'),
      async ({ bytes }) => {
        const fields = fieldsOf(bytes);
        const cluster = fields.text(1);
        const limit = Number(BigInt.asUintN(32, fields.integer(3) ?? 0n));
        const range = cache.range({ cluster, after: cursorOf(fields.integer(2) ?? 0n), limit });
        if (!range) throw unknownCluster(cluster, cache.clusters());
        return rangeReply(range);
      },
    ],
    [path('Commands'), async () => commandsReply(commands.list())],
    [path('Command'), async ({ bytes }, aborted) => commandReply(await commands.ask(commandRequest(bytes), aborted))],
    ['/dbmon.HealCheck/Pull', createPull(cache)],
  ]);

export const createStreams = (served: Pick<Served, 'cache' | 'patience'>): StreamMethods =>
  new Map([[path('Subscribe'), createSubscribe(served)]]);

const createSubscribe =
  ({ cache, patience }: Pick<Served, 'cache' | 'patience'>): StreamMethod =>
  async ({ bytes }, replies, aborted) => {
    const fields = fieldsOf(bytes);
    const after = fields.integer(2);
    const subscription = cache.subscribe({
      clusters: fields.texts(1),
      after: after === undefined ? undefined : cursorOf(after),
    });
    aborted.addEventListener('abort', subscription.close, { once: true });
    try {
      while (!aborted.aborted && !subscription.isClosed) {
        const next = subscription.take();
        if (!next) await subscription.more();
        else if (!replies.write('missed' in next ? missedEvent(next.missed) : next.event))
          await patience.wait(replies.ready());
      }
    } finally {
      subscription.close();
    }
    if (!aborted.aborted) throw shuttingDown();
  };
