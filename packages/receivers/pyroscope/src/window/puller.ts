import { type Clock, formatDuration, type Logger, stateLog, withFields } from '@millrace/core';
import { BodyTooLarge } from '@millrace/http-client';
import { ProfileError } from '@millrace/pprof';
import type { Pulled, Window } from '@millrace/pyroscope-client';
import type { ServerClock } from '../server/clock.ts';
import { floorTo, type Position, type PositionStore, windowFrom } from './position.ts';

/** How the windows of a query lie. */
export interface Windows {
  readonly sizeMs: number;
  readonly delayMs: number;
  readonly maxCatchUpMs: number;
}

export interface PullerOptions {
  readonly windows: Windows;
  /** Of a query that was never pulled: what is to be had from. Default: from the first window that ends after the delay. */
  readonly fromMs?: number | undefined;
  readonly store: PositionStore;
  readonly clock: Clock;
  readonly server: ServerClock;
  readonly log: Logger;
  /** Asks the server. */
  pull(window: Window): Promise<Pulled>;
  /** Asks the server for no more than its time, which `server` hears then. Rejects if there is no answer. */
  hearTime(): Promise<void>;
  /** Resolves when the next owner has it; tries until then. Rejects when all is to end. */
  hand(pulled: Pulled, window: Window, pulledMs: number): Promise<void>;
  /** Windows that are given up. */
  missed(windows: number, reason: string): void;
}

/** How often a profile that cannot be read is asked for. */
const mostBadProfiles = 3;
const firstRetryMs = 1_000;
/** A server says its time cut to the second. */
const dateGrainMs = 1_000;
const lastRetryMs = 30_000;

/**
 * Pulls one window after the other, each once: a window is asked for when its end and the delay have passed by the server's
 * clock, again while it fails, and given up when it is too old. Resolves when the signal is aborted.
 */
export async function pullWindows(options: PullerOptions, signal: AbortSignal): Promise<void> {
  const { windows, clock, server, missed } = options;
  const log = stateLog(options.log);
  const storing = stateLog(options.log);
  let position: Position | undefined;
  let failures = 0;
  let badProfiles = 0;

  /** What has been handed on is not handed on again because a disk is full: it goes on without. */
  async function save(next: Position): Promise<Position> {
    try {
      await options.store.save(next);
      storing.fine('The position can be stored again.');
    } catch (error) {
      storing.trouble('The position cannot be stored: after a restart, windows may come again.', error);
    }
    return next;
  }

  async function begin(): Promise<Position> {
    const known = await options.store.load();
    if (known) return known;
    const now = server.now() - windows.delayMs;
    return save({ nextMs: floorTo(Math.min(options.fromMs ?? now, now), windows.sizeMs) });
  }

  /** What is too old is left out, up to the first window that is not. */
  async function leaveOut(current: Position): Promise<Position> {
    const window = windowFrom(current, windows.sizeMs);
    const isTooOld = (): boolean => window.endMs <= server.now() - windows.maxCatchUpMs;
    if (!isTooOld()) return current;
    // Perhaps the clock here has been set, and no answer has told it yet.
    await options.hearTime();
    if (!isTooOld()) return current;
    const nextMs = Math.max(window.endMs, floorTo(server.now() - windows.maxCatchUpMs, windows.sizeMs));
    const count = Math.ceil((nextMs - current.nextMs) / windows.sizeMs);
    missed(count, 'window_too_old');
    withFields(options.log, { from: iso(current.nextMs), until: iso(nextMs), windows: count }).warn(
      {},
      `Windows are left out: they are older than max_catch_up (${formatDuration(windows.maxCatchUpMs)}).`,
    );
    badProfiles = 0;
    return save({ nextMs });
  }

  /**
   * Waits until the window is complete, but no longer than until the next one would be, if the clocks are right: then it is
   * asked for, and the answer says the server's time.
   */
  async function untilComplete({ endMs }: Window): Promise<void> {
    const most = windows.sizeMs + windows.delayMs + dateGrainMs;
    const left = endMs + windows.delayMs + dateGrainMs - server.now();
    if (left > 0) await clock.sleep(Math.min(left, most), signal);
  }

  /** The position behind the window; the same if it is to be asked for again. */
  async function pullOnce(current: Position): Promise<Position> {
    const window = windowFrom(current, windows.sizeMs);
    const askedAt = clock.now();
    const pulled = await options.pull(window);
    server.heard({ dateMs: pulled.dateMs, askedAt });
    if (pulled.dateMs !== undefined && pulled.dateMs < window.endMs + windows.delayMs) {
      // The clocks differ more than was known. Where both are within a second, it is soon time.
      await clock.sleep(Math.min(firstRetryMs, window.endMs + windows.delayMs - pulled.dateMs), signal);
      return current;
    }
    const pulledMs = current.handing?.pulledMs ?? clock.now();
    if (pulled.profile) {
      if (!current.handing) await save({ ...current, handing: { endMs: window.endMs, pulledMs } });
      await options.hand(pulled, window, pulledMs);
    }
    return save({ nextMs: window.endMs });
  }

  async function failed(current: Position, error: unknown): Promise<Position> {
    failures++;
    log.trouble('A window cannot be pulled; it is tried again.', error);
    if (error instanceof ProfileError || error instanceof BodyTooLarge) badProfiles++;
    if (badProfiles >= mostBadProfiles) {
      const { startMs, endMs } = windowFrom(current, windows.sizeMs);
      missed(1, 'bad_profile');
      withFields(options.log, { from: iso(startMs), until: iso(endMs) }).warn(
        {},
        'A window is left out: its profile cannot be used.',
      );
      badProfiles = 0;
      return save({ nextMs: endMs });
    }
    await clock.sleep(Math.min(firstRetryMs * 2 ** Math.min(failures - 1, 10), lastRetryMs), signal);
    return current;
  }

  async function step(): Promise<void> {
    position = await leaveOut((position ??= await begin()));
    await untilComplete(windowFrom(position, windows.sizeMs));
    const behind = await pullOnce(position);
    if (behind === position) return;
    position = behind;
    failures = badProfiles = 0;
    log.fine('Windows can be pulled again.');
  }

  while (!signal.aborted) {
    try {
      await step().catch(async (error: unknown) => {
        signal.throwIfAborted();
        if (position) position = await failed(position, error);
        else {
          log.trouble('Pulling cannot begin.', error);
          await clock.sleep(lastRetryMs, signal);
        }
      });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

const iso = (timeMs: number): string => new Date(timeMs).toISOString();
