import type { ServerHttp2Stream } from 'node:http2';
import { constants } from 'node:http2';
import type { Refusal } from '../refusal.ts';
import { okHeaders, okOptions, prefixOf, statusHeaders } from './reply.ts';

/** Where a method that answers with a stream puts its messages. */
export interface Replies {
  /**
   * Sends a message, whose memory is not copied: do not change it. False where the peer does not take so fast: wait for
   * `ready` before the next, or what it does not take is held in memory.
   */
  write(message: Uint8Array): boolean;
  /** Resolves once the peer has taken what was written, or the call has ended. */
  ready(): Promise<void>;
}

export interface OpenReplies extends Replies {
  /** Without a refusal, the call is done well. */
  end(refusal?: Refusal): void;
}

/** A peer that does not take what was written before the end does not hear of the end; after so long it is cut. */
const lingerMs = 10_000;

/** The peer hears at once that its call was taken. */
export function openReplies(stream: ServerHttp2Stream): OpenReplies {
  const isGone = (): boolean => stream.destroyed || stream.closed;
  let status = statusHeaders(undefined);
  if (!isGone()) stream.respond(okHeaders, okOptions);
  stream.on('wantTrailers', () => isGone() || stream.sendTrailers(status));

  return {
    write(message) {
      if (isGone() || stream.writableEnded) return false;
      stream.cork();
      stream.write(prefixOf(message));
      const takes = stream.write(message);
      stream.uncork();
      return takes;
    },
    ready: () =>
      new Promise((resolve) => {
        if (isGone() || !stream.writableNeedDrain) return resolve();
        const done = (): void => {
          stream.off('drain', done);
          stream.off('close', done);
          resolve();
        };
        stream.on('drain', done);
        stream.on('close', done);
        return undefined;
      }),
    end(refusal) {
      if (isGone() || stream.writableEnded) return;
      status = statusHeaders(refusal);
      stream.end();
      const timer = setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), lingerMs);
      stream.once('close', () => clearTimeout(timer));
    },
  };
}
