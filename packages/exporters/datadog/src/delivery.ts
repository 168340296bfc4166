import type { Batch, Context } from '@millrace/core';
import { dropCounter, isPermanent, stateLog, ThrottleError, toError } from '@millrace/core';
import type { Headers } from '@millrace/http-client';
import type { Client, Target } from './client.ts';
import type { Payload } from './payload/pack.ts';

/** One key at one intake. It is asked nothing while it wants time, whichever batch made it say so. */
export interface Account {
  readonly name: string;
  /** Milliseconds since the epoch. */
  restsUntil: number;
}

/** One request that is to be made. */
export interface Parcel {
  readonly target: Target;
  readonly headers: Headers;
  readonly payload: Payload;
}

/** What an account is to get of a batch. */
export interface Share {
  readonly account: Account;
  readonly parcels: readonly Parcel[];
}

export interface Deliveries {
  /**
   * Resolves when every account has got its share. A batch that failed for now is remembered until it has been: what it
   * became is not made again, and what an account has taken it is not given again. `prepare` is called the first time.
   */
  deliver(batch: Batch, prepare: () => Promise<readonly Share[]>, signal?: AbortSignal): Promise<void>;
}

interface Progress {
  readonly shares: Promise<readonly OpenShare[]>;
  /** Ends with the attempt that is being made: there is one at a time. */
  turn: Promise<unknown>;
  isTaken: boolean;
  readonly refused: { readonly items: number; readonly error: Error }[];
}

interface OpenShare {
  readonly account: Account;
  /** Not taken yet; the first is next. */
  readonly parcels: Parcel[];
}

export function createDeliveries(client: Client, context: Context): Deliveries {
  const { clock } = context;
  const remembered = new WeakMap<Batch, Progress>();
  const dropped = dropCounter(context);
  const state = stateLog(context.log);

  function begin(prepare: () => Promise<readonly Share[]>): Progress {
    const shares = prepare().then((all) => all.map(({ account, parcels }) => ({ account, parcels: [...parcels] })));
    return { shares, turn: Promise.resolve(), isTaken: false, refused: [] };
  }

  async function attempt(progress: Progress, signal?: AbortSignal): Promise<void> {
    const shares = await progress.shares;
    const failures = await Promise.all(shares.map((share) => hand(share, progress, signal)));
    const failed = failures.filter((failure) => failure !== undefined);
    if (failed.length > 0) throw soonest(failed);
  }

  /** Gives the account what it has not got, one request after the other, until one fails for now. */
  async function hand(
    { account, parcels }: OpenShare,
    progress: Progress,
    signal?: AbortSignal,
  ): Promise<Error | undefined> {
    for (let parcel = parcels[0]; parcel; parcel = parcels[0]) {
      const wait = account.restsUntil - clock.now();
      if (wait > 0) return new ThrottleError(`${account.name} has asked for time`, wait);
      const { target, headers, payload } = parcel;
      try {
        const outcome = await client.send(target, { headers, body: payload.body }, signal);
        parcels.shift();
        if (outcome === 'taken') progress.isTaken = true;
        else await divide(parcel, parcels);
      } catch (error) {
        parcels.shift();
        if (isPermanent(error)) {
          progress.refused.push({ items: payload.items, error: toError(error) });
          continue;
        }
        // The next attempt begins with another, so that one that always fails does not keep the rest back.
        parcels.push(parcel);
        if (error instanceof ThrottleError)
          account.restsUntil = Math.max(account.restsUntil, clock.now() + error.retryAfterMs);
        return toError(error);
      }
    }
    return undefined;
  }

  async function divide(parcel: Parcel, parcels: Parcel[]): Promise<void> {
    const halves = await parcel.payload.halves();
    if (halves) parcels.unshift(...halves.map((payload) => ({ ...parcel, payload })));
    else dropped(parcel.payload.items, 'too_large');
  }

  /** What was refused for good: an error where nothing else was taken, else counted. */
  function conclude({ refused, isTaken }: Progress): void {
    const [first] = refused;
    if (!first) return state.fine('Datadog takes everything again.');
    if (!isTaken) throw first.error;
    for (const { items } of refused) dropped(items, 'rejected_by_backend');
    state.trouble('Datadog has refused a part for good.', first.error);
    return undefined;
  }

  return {
    async deliver(batch, prepare, signal) {
      let progress = remembered.get(batch);
      if (!progress) {
        progress = begin(prepare);
        remembered.set(batch, progress);
        progress.shares.catch(() => remembered.delete(batch));
      }
      const { turn } = progress;
      const attempted = turn.then(() => attempt(progress, signal));
      progress.turn = attempted.catch(() => {});
      await attempted;
      // Whoever asked has given up by now, and will come again.
      signal?.throwIfAborted();
      remembered.delete(batch);
      conclude(progress);
    },
  };
}

/** Of failures that are all tried again together, the one that asks for the least time. */
function soonest(failures: readonly Error[]): Error {
  const wait = (error: Error): number => (error instanceof ThrottleError ? error.retryAfterMs : 0);
  return failures.reduce((first, other) => (wait(other) < wait(first) ? other : first));
}
