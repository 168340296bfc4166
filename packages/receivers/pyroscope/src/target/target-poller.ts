import {
  type Batch,
  type Clock,
  describeError,
  formatDuration,
  type Logger,
  type StateLog,
  stateLog,
  withFields,
} from '@millrace/core';
import { type Ask, BodyTooLarge, isUnreachable, shown, StatusError } from '@millrace/http-client';
import { decode, ProfileError } from '@millrace/pprof';
import { everyInterval, type Limiter, offsetOf, type Poller, withDeadline } from '@millrace/polling';
import type { Config } from '../config/schema.ts';
import type { HandOver } from '../emit/handover.ts';
import { createStream, type StreamHost } from '../emit/stream.ts';
import { createDelta } from './delta.ts';
import type { WantedProfile } from './profiles.ts';
import { spanOf, withSpan } from './span.ts';
import { profileUrl, type Target } from './target.ts';

export interface PollHost extends StreamHost {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Logger;
  readonly ask: Ask;
  readonly limiter: Limiter;
  readonly handOver: HandOver;
  /** Of series: hands them on until they are taken. */
  handOverEnds(batches: Iterable<Batch>): Promise<void>;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** How long an answer may take at least, besides the time of the profile. */
  readonly spareMs: number;
  dropped(items: number, reason: string): void;
}

export interface PolledTarget {
  readonly target: Target;
  readonly wanted: readonly WantedProfile[];
  /** What has to be over before. */
  readonly after: Promise<void> | undefined;
}

/** Pulls each profile of a target on its interval. When the target is gone, or gives none, the series that do not end by themselves end. */
export function pollTarget({ target, wanted, after }: PolledTarget, host: PollHost): Poller {
  const log = withFields(host.log, { target: shown(target.url) });
  const reaching = stateLog(log);
  const pollers = wanted.map((profile) => pollProfile(profile, { target, after, log, reaching }, host));
  return { stop: async (why) => void (await Promise.all(pollers.map((one) => one.stop(why)))) };
}

interface OfTarget {
  readonly target: Target;
  readonly after: Promise<void> | undefined;
  readonly log: Logger;
  /** What is said once of the target, and not of each profile. */
  readonly reaching: StateLog;
}

/** Sample types of which a program counts since its start. */
const cumulativeTypes = new Set(['alloc_objects', 'alloc_space', 'contentions', 'delay']);

function pollProfile(wanted: WantedProfile, { target, after, log, reaching }: OfTarget, host: PollHost): Poller {
  const { clock, config, intervalMs, limiter } = host;
  const { durationMs } = wanted;
  const stop = new AbortController();
  const url = profileUrl(target, wanted.path);
  const tell = troubleLog(stateLog(withFields(log, { profile: wanted.name })), reaching);
  const leftOut = wanted.isCumulative ? cumulativeTypes : new Set<string>();
  const stream = createStream(host, { resource: target.resource, profileType: wanted.name, leftOut });
  const delta = wanted.delta ? createDelta() : undefined;
  const ms = Math.max(host.timeoutMs, (durationMs ?? 0) + host.spareMs);
  const late = (): Error => new Error(`There was no whole answer within ${formatDuration(ms)}.`);
  const isThere = (): boolean => target.isThere?.() ?? true;
  let lastMs: number | undefined;

  /** A place is held from when the body is read until the pipeline has what was made of it. */
  async function pull(takePlace: (signal: AbortSignal) => Promise<void>): Promise<void> {
    // What takes its time waits on the other side; room is needed when it comes.
    const isTimed = durationMs !== undefined;
    if (!isTimed) await takePlace(stop.signal);
    const beganMs = clock.now();
    const { body } = await withDeadline({ ms, stop: stop.signal, late }, (signal) =>
      host.ask({
        url,
        maxBytes: config.max_profile_bytes,
        signal,
        ...(isTimed && { whenAnswered: (read) => takePlace(signal).then(read) }),
      }),
    );
    // Another one has answered in its place, which will be found soon.
    if (!isThere()) return;
    const nowMs = clock.now();
    const decoded = decode(body, { maxBytes: config.max_profile_bytes });
    const profile = delta ? delta.next(decoded) : decoded;
    const span = spanOf({ profile: decoded, durationMs }, { beganMs, nowMs, lastMs });
    lastMs = nowMs;
    tell.fine();
    if (!profile) return;
    const covered = withSpan(profile, wanted, span);
    await host.handOver.once([...stream.batches({ profile: covered, ...span, observedMs: nowMs })]);
  }

  async function pullOnce(): Promise<void> {
    let leave = (): void => {};
    try {
      await pull(async (signal) => void (leave = await limiter.take(signal)));
    } catch (error) {
      if (stop.signal.aborted || !isThere()) return;
      if (error instanceof ProfileError || error instanceof BodyTooLarge) host.dropped(1, 'bad_profile');
      tell.trouble(error);
      leave();
      await host.handOverEnds(stream.end(clock.now()));
    } finally {
      leave();
    }
  }

  async function run(): Promise<void> {
    await after;
    const offsetMs = offsetOf(`${target.key}${wanted.name}`, intervalMs);
    await everyInterval({ intervalMs, offsetMs }, { clock, signal: stop.signal }, pullOnce);
  }

  const running = run();
  return {
    async stop(why) {
      stop.abort(new Error('It is no target any more.'));
      await running;
      if (why === 'gone') await host.handOverEnds(stream.end(clock.now()));
    },
  };
}

/** Says what is wrong with a profile when that changes. */
function troubleLog(state: StateLog, reaching: StateLog): { trouble(error: unknown): void; fine(): void } {
  let last: { readonly kind: string; readonly error: unknown } | undefined;
  return {
    trouble(error) {
      if (isUnreachable(error)) {
        reaching.trouble('The target cannot be reached.', error);
        return;
      }
      const status = error instanceof StatusError ? error.status : undefined;
      if (status !== undefined) reaching.fine('The target can be reached again.');
      // What an answer says besides its status may be another each time.
      const kind = String(status ?? describeError(error));
      if (last?.kind !== kind) last = { kind, error };
      state.trouble(
        status === 404 ? 'The target has no such profile; profiles can be turned off.' : 'A profile cannot be pulled.',
        last.error,
      );
    },
    fine() {
      reaching.fine('The target can be reached again.');
      state.fine('The profile can be pulled again.');
      last = undefined;
    },
  };
}
