import type { Batch, Consumer, Context } from '@millrace/core';
import { dropCounter, isPermanent, itemCount, mergeBatches, partsOf, stateLog, ThrottleError } from '@millrace/core';
import { NoAnswer } from '@millrace/http-client';
import type { Key } from './divide.ts';
import { append, divide } from './divide.ts';
import type { Health } from './health.ts';
import type { Place } from './rendezvous.ts';
import { hashText, highest } from './rendezvous.ts';
import type { Group, Target } from './target.ts';

export interface HashOptions {
  readonly key: Key;
  readonly health: Health;
  readonly context: Context;
}

/** How far a batch has come: a retry of the same batch sends the rest only. */
interface Progress {
  /** What no target has taken or refused yet. */
  readonly rest: Set<Batch>;
  taken: boolean;
  readonly refused: { readonly items: number; readonly error: unknown }[];
}

/**
 * Sends all data of the same resource, or of the same trace, to the same target as long as it answers. Where one does not
 * answer, its share alone goes to others, until it does again.
 */
export function byHash(group: Group, { key, health, context }: HashOptions): Consumer {
  const started = new WeakMap<Batch, Progress>();
  const dropped = dropCounter(context);
  const state = stateLog(context.log);

  function places(targets: readonly Target[], failed: ReadonlySet<Target>): readonly Place<Target>[] {
    const left = targets.filter((target) => !failed.has(target));
    const usable = left.filter((target) => health.isUsable(target));
    return (usable.length > 0 ? usable : left).map((place) => ({ hash: hashText(place.name), place }));
  }

  /** What each target is to get. In `rest`, parts take the place of what they were cut from. */
  function share(
    batches: readonly Batch[],
    rest: Set<Batch>,
    candidates: readonly Place<Target>[],
  ): Map<Target, Batch[]> {
    const shares = new Map<Target, Batch[]>();
    const choose = (hash: number): Target => highest(hash, candidates)!;
    for (const batch of batches) {
      rest.delete(batch);
      for (const [target, part] of divide(batch, { key, choose })) {
        rest.add(part);
        append(shares, target, part);
      }
    }
    return shares;
  }

  return {
    async consume(batch, signal) {
      const targets = await group.targets();
      const progress = started.get(batch) ?? { rest: new Set(partsOf(batch)), taken: false, refused: [] };
      started.set(batch, progress);
      const { rest, refused } = progress;
      const failures: unknown[] = [];

      async function deliver(batches: readonly Batch[], failed: ReadonlySet<Target>): Promise<void> {
        const shares = share(batches, rest, places(targets, failed));
        for (const target of shares.keys()) health.take(target);
        await Promise.all([...shares].map(([target, parts]) => send(parts, target, failed)));
      }

      async function send(parts: readonly Batch[], target: Target, failed: ReadonlySet<Target>): Promise<void> {
        try {
          await target.consume(mergeBatches(parts), signal);
          health.up(target);
          progress.taken = true;
          for (const part of parts) rest.delete(part);
        } catch (error) {
          if (isPermanent(error)) return refuse(parts, { target, failed, error });
          if (error instanceof NoAnswer) {
            health.down(target, error);
            group.renew();
            const without = new Set(failed).add(target);
            if (!signal?.aborted && without.size < targets.length) return deliver(parts, without);
          }
          failures.push(error);
        }
        return undefined;
      }

      /** One sender's bad data does not take down what came with it. */
      async function refuse(parts: readonly Batch[], { target, failed, error }: Refusal): Promise<void> {
        if (parts.length > 1) {
          for (const part of parts) await send([part], target, failed);
          return;
        }
        for (const part of parts) {
          rest.delete(part);
          refused.push({ items: itemCount(part), error });
        }
      }

      await deliver([...rest], new Set());
      if (failures.length > 0) throw together(failures);
      started.delete(batch);
      if (refused.length === 0) return state.fine('The endpoints take everything again.');
      const { error } = refused.at(-1)!;
      // Nothing of it was taken: whoever delivers may try it in smaller parts.
      if (!progress.taken) throw error;
      for (const { items } of refused) dropped(items, 'rejected_by_backend');
      return state.trouble('An endpoint has refused its share of a batch for good.', error);
    },
  };
}

interface Refusal {
  readonly target: Target;
  readonly failed: ReadonlySet<Target>;
  readonly error: unknown;
}

/** The whole is tried again when every share may be. */
function together(failures: readonly unknown[]): unknown {
  const pauses = failures.map((failure) => (failure instanceof ThrottleError ? failure.retryAfterMs : 0));
  const longest = Math.max(...pauses);
  const [first] = failures;
  return longest > 0 ? failures[pauses.indexOf(longest)] : first;
}
