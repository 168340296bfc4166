import type { Batch, Consumer, Context, Metadata } from '@millrace/core';
import { isPermanent, itemCount, mergeBatches } from '@millrace/core';
import type { Sender } from './sender.ts';
import { createCounters } from './telemetry.ts';

/** What one sender has in a merged batch. */
export interface Part {
  readonly batch: Batch;
  readonly sender: Sender;
}

/** Holds parts of one signal until they are enough, or have waited long enough. */
export interface PartBuffer {
  add(parts: readonly Part[]): void;
  /** Drops what this sender has here, and stops a delivery for which nobody waits any more. */
  forget(sender: Sender, reason: unknown): void;
  /** Sends what is held, and waits until everything has an outcome or the signal ends it. */
  drain(signal: AbortSignal): Promise<void>;
}

/** A merged batch on its way. */
interface Flight {
  readonly parts: readonly Part[];
  readonly abort: AbortController;
  readonly landed: Promise<void>;
}

export interface Limits {
  readonly send_batch_size: number;
  readonly send_batch_max_size: number;
  readonly timeout: number;
  /** What all that comes here has in common. */
  readonly metadata: Metadata | undefined;
}

export function createBuffer(limits: Limits, context: Context, next: Consumer): PartBuffer {
  const { send_batch_size: size, send_batch_max_size: max, timeout, metadata } = limits;
  const immediate = size === 0 || timeout === 0;
  const counters = createCounters(context);
  const flights = new Set<Flight>();
  let held: Part[] = [];
  let heldItems = 0;
  let timer: AbortController | undefined;

  /**
   * The parts of the next batch. They stay whole: a sender's data is cut only where it alone is too large, so that a
   * refusal seldom makes a sender send again what was accepted. A part is never larger than the maximum, so at least one fits.
   */
  function take(): Part[] {
    let items = 0;
    let count = 0;
    for (const { batch } of held) {
      const more = itemCount(batch);
      if (max > 0 && count > 0 && items + more > max) break;
      items += more;
      count++;
    }
    heldItems -= items;
    return held.splice(0, count);
  }

  function send(): void {
    const parts = take();
    counters.sent(parts.reduce((items, { batch }) => items + itemCount(batch), 0));
    const abort = new AbortController();
    // `deliver` calls `next` before its first await, so batches are handed on in the order in which they were taken.
    const flight = { parts, abort, landed: deliver(parts, next, { metadata, signal: abort.signal }) };
    flights.add(flight);
    void flight.landed.then(() => flights.delete(flight));
  }

  function sendAll(): void {
    while (held.length > 0) send();
  }

  function restartTimer(): void {
    timer?.abort();
    timer = undefined;
    if (held.length === 0) return;
    timer = new AbortController();
    const { signal } = timer;
    context.clock.sleep(timeout, signal).then(
      () => {
        if (signal.aborted) return;
        timer = undefined;
        counters.byTimeout();
        sendAll();
      },
      () => {}, // The batch went before its time.
    );
  }

  return {
    add(parts) {
      held.push(...parts);
      for (const { batch } of parts) heldItems += itemCount(batch);
      if (immediate) return sendAll();
      const full = heldItems >= size;
      while (held.length > 0 && heldItems >= size) {
        counters.bySize();
        send();
      }
      if (full || !timer) restartTimer();
      return undefined;
    },
    forget(sender, reason) {
      held = held.filter((part) => part.sender !== sender);
      heldItems = held.reduce((items, { batch }) => items + itemCount(batch), 0);
      if (held.length === 0) restartTimer();
      for (const { parts, abort } of flights) if (parts.every((part) => part.sender.gone)) abort.abort(reason);
    },
    async drain(signal) {
      timer?.abort();
      sendAll();
      const cancel = (): void => {
        for (const { parts, abort } of flights) {
          for (const { sender } of parts) sender.giveUp(signal.reason);
          abort.abort(signal.reason);
        }
      };
      if (signal.aborted) cancel();
      signal.addEventListener('abort', cancel);
      const outcomes = [...flights].flatMap(({ parts }) => parts.map(({ sender }) => sender.outcome));
      await Promise.allSettled(outcomes);
      signal.removeEventListener('abort', cancel);
    },
  };
}

interface Delivery {
  readonly metadata: Metadata | undefined;
  readonly signal: AbortSignal;
}

/**
 * Tells every sender its own outcome, and never rejects. What was refused for good is tried again in halves, down to
 * single parts, so that one sender's bad data takes nobody else's down with it.
 */
async function deliver(parts: readonly Part[], next: Consumer, { metadata, signal }: Delivery): Promise<void> {
  try {
    const merged = mergeBatches(
      parts.map(({ batch }) => batch),
      metadata,
    );
    await next.consume(merged, signal);
    for (const { sender } of parts) sender.partAccepted();
  } catch (error) {
    if (parts.length === 1 || !isPermanent(error)) {
      for (const { sender } of parts) sender.partFailed(error);
      return;
    }
    const half = parts.length >> 1;
    for (const some of [parts.slice(0, half), parts.slice(half)]) {
      const wanted = some.filter(({ sender }) => !sender.gone);
      if (wanted.length > 0) await deliver(wanted, next, { metadata, signal });
    }
  }
}
