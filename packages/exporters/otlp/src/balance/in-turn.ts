import type { Consumer } from '@millrace/core';
import { ThrottleError, toError } from '@millrace/core';
import { NoAnswer } from '@millrace/http-client';
import type { Health } from './health.ts';
import type { Group, Target } from './target.ts';

export interface TurnOptions {
  /** `round_robin` begins with the next target at every batch, `pick_first` stays with the one that works. */
  readonly order: 'round_robin' | 'pick_first';
  /** Whether a batch that failed so goes to the next target at once. */
  readonly movesOn: (error: unknown) => boolean;
  readonly health: Health;
}

/** Sends each batch to one target, and to the next ones while they fail: once around, those known to fail last. */
export function inTurn(group: Group, { order, movesOn, health }: TurnOptions): Consumer {
  let turn = 0;

  function next(targets: readonly Target[], tried: ReadonlySet<Target>): Target | undefined {
    let last: Target | undefined;
    for (let step = 0; step < targets.length; step++) {
      const index = (turn + step) % targets.length;
      const target = targets[index]!;
      if (tried.has(target)) continue;
      if (health.isUsable(target)) {
        turn = order === 'round_robin' ? index + 1 : index;
        return target;
      }
      if (health.askedPause(target) === 0) last ??= target;
    }
    return last;
  }

  return {
    async consume(batch, signal) {
      const targets = await group.targets();
      const [only] = targets;
      if (targets.length === 1)
        return only!.consume(batch, signal).catch((error: unknown) => {
          if (error instanceof NoAnswer) group.renew();
          throw error;
        });
      const tried = new Set<Target>();
      let failure: Error | undefined;
      for (let target = next(targets, tried); target; target = next(targets, tried)) {
        tried.add(target);
        health.take(target);
        try {
          await target.consume(batch, signal);
          health.up(target);
          return undefined;
        } catch (error) {
          if (error instanceof NoAnswer) group.renew();
          if (!movesOn(error)) throw error;
          health.down(target, error);
          failure = toError(error);
          if (signal?.aborted) break;
        }
      }
      const pauses = targets.map((target) => health.askedPause(target));
      if (pauses.every((pause) => pause > 0))
        throw new ThrottleError('Every endpoint has asked for time', Math.min(...pauses), { cause: failure });
      throw failure ?? new NoAnswer('There is no endpoint.', { sent: false });
    },
  };
}
