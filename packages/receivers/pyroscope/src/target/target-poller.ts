import { type Clock, formatDuration, type Logger, stateLog, withFields } from '@millrace/core';
import { BodyTooLarge, shown } from '@millrace/http-client';
import { decode, type Profile, ProfileError } from '@millrace/pprof';
import { everyInterval, type Limiter, offsetOf, withDeadline } from '@millrace/polling';
import { type Ask, StatusError } from '../ask.ts';
import type { Config } from '../config/schema.ts';
import type { HandOver } from '../emit/handover.ts';
import { createStream } from '../emit/stream.ts';
import { createDelta } from './delta.ts';
import type { WantedProfile } from './profiles.ts';
import { profileUrl, type Target } from './target.ts';

export interface PollHost {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Logger;
  readonly ask: Ask;
  readonly limiter: Limiter;
  readonly handOver: HandOver;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  dropped(items: number, reason: string): void;
}

export interface Poller {
  /** `gone`: the series that do not end by themselves end. */
  stop(why: 'gone' | 'shutdown'): Promise<void>;
}

/** Sample types of which a program counts since its start. */
const cumulativeTypes = new Set(['alloc_objects', 'alloc_space', 'contentions', 'delay']);

/** Pulls one profile of a target on its interval. */
export function pollProfile(target: Target, wanted: WantedProfile, host: PollHost): Poller {
  const { clock, config, intervalMs } = host;
  const stop = new AbortController();
  const url = profileUrl(target, wanted.path);
  const state = stateLog(withFields(host.log, { target: shown(target.url), profile: wanted.name }));
  const leftOut = wanted.isCumulative ? cumulativeTypes : new Set<string>();
  const stream = createStream(config, { resource: target.resource, profileType: wanted.name, leftOut });
  const delta = wanted.delta ? createDelta() : undefined;
  const late = (): Error => new Error(`There was no whole answer within ${formatDuration(host.timeoutMs)}.`);
  let lastMs: number | undefined;

  // What takes its time waits on the other side; room is needed when it comes.
  const isTimed = wanted.durationMs !== undefined;
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => host.limiter.use(stop.signal, work);

  async function pull(): Promise<void> {
    const beganMs = clock.now();
    const { body } = await withDeadline({ ms: host.timeoutMs, stop: stop.signal, late }, (signal) =>
      host.ask({ url, maxBytes: config.max_profile_bytes, signal, ...(isTimed && { whenAnswered: inTurn }) }),
    );
    const decoded = decode(body, { maxBytes: config.max_profile_bytes });
    const nowMs = clock.now();
    const profile = delta ? delta.next(decoded) : decoded;
    const startMs = isTimed ? beganMs : (lastMs ?? nowMs);
    lastMs = nowMs;
    state.fine('The profile can be pulled again.');
    if (!profile) return;
    const endMs = Math.max(nowMs, startMs);
    const covered =
      wanted.durationMs === undefined && !delta ? profile : withTimes(profile, { startMs, endMs, decoded });
    await host.handOver.once([...stream.batches({ profile: covered, startMs, endMs, observedMs: nowMs })]);
  }

  async function pullOnce(): Promise<void> {
    try {
      await (isTimed ? pull() : inTurn(pull));
    } catch (error) {
      if (stop.signal.aborted) return;
      if (error instanceof ProfileError || error instanceof BodyTooLarge) host.dropped(1, 'bad_profile');
      state.trouble(
        error instanceof StatusError && error.status === 404
          ? 'The target has no such profile; profiles can be turned off.'
          : 'A profile cannot be pulled.',
        error,
      );
    }
  }

  const offsetMs = offsetOf(`${target.key}${wanted.name}`, intervalMs);
  const running = everyInterval({ intervalMs, offsetMs }, { clock, signal: stop.signal }, pullOnce);
  return {
    async stop(why) {
      stop.abort(new Error('It is no target any more.'));
      await running;
      if (why === 'gone') await host.handOver.once(stream.end(clock.now()));
    },
  };
}

interface Covered {
  readonly startMs: number;
  readonly endMs: number;
  /** As it came. */
  readonly decoded: Profile;
}

/** The time that it covers, where the program does not say it or says that of the profile before it was subtracted. */
const withTimes = (profile: Profile, { startMs, endMs, decoded }: Covered): Profile => {
  const isTimed = decoded.durationNanos > 0n && profile === decoded;
  if (isTimed && decoded.timeNanos > 0n) return profile;
  return {
    ...profile,
    timeNanos: BigInt(startMs) * 1_000_000n,
    durationNanos: isTimed ? decoded.durationNanos : BigInt(endMs - startMs) * 1_000_000n,
  };
};
