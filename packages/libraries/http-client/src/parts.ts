import type { Batch, Context } from '@millrace/core';
import { describeError, dropCounter, isPermanent, itemCount } from '@millrace/core';
import { newsOf } from './news.ts';

/** What became of a request with a part of a batch. */
export type Outcome =
  | { readonly kind: 'taken' }
  /** All but so many items by their reasons, which would be refused again. With `isTaken`, also if that is all of them. */
  | {
      readonly kind: 'partly';
      readonly rejected: ReadonlyMap<string, number>;
      readonly error: Error;
      readonly isTaken?: true;
    }
  /** Nothing of it, but in halves it may be. What has no halves is lost for this reason. */
  | { readonly kind: 'divide'; readonly reason: string; readonly error?: Error }
  /** Nothing of it: for good, if that is what the error says. */
  | { readonly kind: 'refused'; readonly error: Error }
  /** Nothing of it now, and later only in halves. */
  | { readonly kind: 'divide_later'; readonly error: Error };

export interface Parts<B extends Batch, Part> {
  /** The requests that a batch needs. Called once for a batch, however often it has to be tried. */
  of(batch: B): readonly Part[];
  /** How many items it stands for. */
  items(part: Part): number;
  /** Undefined for what cannot be halved. */
  halves(part: Part): readonly Part[] | undefined;
  /** Whose it is. Those of one owner are sent in their order; what is not taken now keeps no other's back. Default: one has all. */
  owner?(part: Part): unknown;
  /** Rejects with an error that is to be tried again. */
  post(part: Part, batch: B, signal?: AbortSignal): Promise<Outcome>;
  /** Said where only a part of a batch is lost. */
  readonly complaint: string;
}

/** Counts items that are not to be sent, while `of` makes the parts of a batch. */
export type Drop = (items: number, reason: string) => void;

export interface PartSender<B extends Batch> {
  /** Sends a batch, and says by its error what became of it if it was not taken. */
  send(batch: B, signal?: AbortSignal): Promise<void>;
  /** How many items of a batch that failed have not been taken. */
  undelivered(batch: B): number;
}

/** What is still to be sent of a batch, and what became of the rest. */
interface Progress<Part> {
  readonly left: Part[];
  isTaken: boolean;
  /** How many items were. */
  taken: number;
  /** Items that were not to be sent, by reason. */
  readonly dropped: Map<string, number>;
  /** Items that were refused for good, by reason. */
  readonly lost: Map<string, number>;
  /** The first error by which some are. */
  error: Error | undefined;
}

/**
 * Sends batches in parts, one after the other. A batch that is given again after it failed goes on with what is left. What is
 * refused for good costs only itself: it is counted, unless nothing at all was taken. What is not to be sent is counted once
 * the rest is settled: a batch that failed counts as a whole, and its parts may be given again.
 */
export function createPartSender<B extends Batch, Part>(
  partsWith: (drop: Drop) => Parts<B, Part>,
  context: Context,
): PartSender<B> {
  const count = dropCounter(context);
  const isNews = newsOf();
  const underWay = new WeakMap<Batch, Progress<Part>>();
  let dropped = new Map<string, number>();
  const parts = partsWith((items, reason) => add(dropped, reason, items));

  function begin(batch: B): Progress<Part> {
    dropped = new Map();
    const left = [...parts.of(batch)];
    const progress = { left, isTaken: false, taken: 0, dropped, lost: new Map<string, number>(), error: undefined };
    underWay.set(batch, progress);
    return progress;
  }

  function conclude({ dropped, lost, error }: Progress<Part>): void {
    for (const [reason, items] of [...dropped, ...lost]) count(items, reason);
    if (!error) return;
    const said = describeError(error);
    const rejected = lost.values().reduce((sum, items) => sum + items, 0);
    if (isNews(said)) context.log.warn({ rejected, said }, parts.complaint);
  }

  return {
    async send(batch, signal) {
      const progress = underWay.get(batch) ?? begin(batch);
      await sendAll(parts, progress, { batch, signal });
      const isFirst = underWay.get(batch) === progress;
      if (isFirst) underWay.delete(batch);
      // Nothing has been taken, so the batch is lost as a whole, and counted as that.
      if (progress.error && !progress.isTaken) throw progress.error;
      if (isFirst) conclude(progress);
    },
    undelivered: (batch) => Math.max(0, itemCount(batch) - (underWay.get(batch)?.taken ?? 0)),
  };
}

const add = (counts: Map<string, number>, reason: string, items: number): void =>
  void counts.set(reason, (counts.get(reason) ?? 0) + items);

interface Attempt<B> {
  readonly batch: B;
  readonly signal: AbortSignal | undefined;
}

async function sendAll<B extends Batch, Part>(
  { items, halves, post, owner = () => undefined }: Parts<B, Part>,
  progress: Progress<Part>,
  { batch, signal }: Attempt<B>,
): Promise<void> {
  const { left } = progress;
  /** Unless another attempt with the same batch has settled it meanwhile. */
  function replace(part: Part, by: readonly Part[]): boolean {
    const at = left.indexOf(part);
    if (at !== -1) left.splice(at, 1, ...by);
    return at !== -1;
  }
  /** The next attempt begins with another's, so that one that always fails does not keep them back. */
  function leave(part: Part, as: readonly Part[] = [part]): void {
    if (!replace(part, as)) return;
    const isOwn = (other: Part): boolean => owner(other) === owner(part);
    left.splice(0, left.length, ...left.filter((other) => !isOwn(other)), ...left.filter(isOwn));
  }

  for (let part = left[0]; part !== undefined; part = left[0]) {
    let outcome: Outcome;
    try {
      outcome = await post(part, batch, signal);
    } catch (error) {
      leave(part);
      throw error;
    }
    const divided = outcome.kind === 'divide' || outcome.kind === 'divide_later' ? halves(part) : undefined;
    if (outcome.kind === 'divide_later' || (outcome.kind === 'refused' && !isPermanent(outcome.error))) {
      leave(part, divided);
      throw outcome.error;
    }
    if (replace(part, divided ?? []) && !divided) settle(progress, outcome, items(part));
  }
}

function settle<Part>(progress: Progress<Part>, outcome: Outcome, items: number): void {
  if (outcome.kind === 'taken') {
    progress.isTaken = true;
    progress.taken += items;
    return;
  }
  const { lost } = progress;
  progress.error ??= outcome.error;
  let left = items;
  for (const [reason, count] of lossesOf(outcome, items)) {
    // However many the other side says.
    const some = Math.min(count, left);
    left -= some;
    add(lost, reason, some);
  }
  progress.taken += left;
  if (left > 0 || (outcome.kind === 'partly' && outcome.isTaken)) progress.isTaken = true;
}

function lossesOf(outcome: Exclude<Outcome, { kind: 'taken' }>, items: number): ReadonlyMap<string, number> {
  if (outcome.kind === 'partly') return outcome.rejected;
  return new Map([[outcome.kind === 'divide' ? outcome.reason : 'rejected_by_backend', items]]);
}
