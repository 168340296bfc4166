import type { Batch } from '@millrace/core';
import { encode } from '@millrace/otlp';
import type { Group, Target } from '../src/balance/target.ts';
import { servicesIn } from './batches.ts';

export interface FakeTarget extends Target {
  readonly taken: Batch[];
  calls: number;
  /** What it answers; undefined takes the batch. */
  answer: (batch: Batch) => unknown;
}

export function fakeTarget(name: string): FakeTarget {
  const target: FakeTarget = {
    name,
    taken: [],
    calls: 0,
    answer: () => undefined,
    async consume(batch) {
      target.calls++;
      const error = target.answer(batch);
      if (error) throw error;
      target.taken.push(batch);
    },
    close: async () => {},
  };
  return target;
}

/** The services in what a target has taken. */
export const servicesOf = ({ taken }: FakeTarget): string[] => taken.flatMap((batch) => servicesIn(encode(batch)));

export function groupOf(targets: readonly Target[]): Group & { renewed: number } {
  const group = { targets: () => targets, renewed: 0, renew: () => void group.renewed++, close: async () => {} };
  return group;
}
