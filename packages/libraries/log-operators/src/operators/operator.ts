import type { Entry } from '../entry.ts';
import type { OperatorConfig } from '../schema.ts';

export type Emit = (entry: Entry) => void;

/** An operator at work on one source. */
export interface Operator {
  /** Emits the entry, at once or later, or not. Throws an EntryError, with the entry as it was, if it cannot process it. */
  process(entry: Entry, emit: Emit): void;
  /** Emits what has waited too long; with `now` infinite, everything. Milliseconds since the epoch. */
  flush?(now: number, emit: Emit): void;
  /** The entries that wait. */
  held?(): readonly Entry[];
}

/** Where an operator that routes sends entries: the ids of others. */
export interface RoutingOperator {
  /** The id of the operator that is next; undefined: the entry is left out. */
  route(entry: Entry): string | undefined;
}

export interface OperatorHost {
  /** Milliseconds since the epoch. */
  now(): number;
}

export interface OperatorType {
  /** The keys that it takes, besides type, id, output, if and on_error. */
  readonly keys: readonly (keyof OperatorConfig)[];
  readonly required?: readonly (keyof OperatorConfig)[];
  /** What makes an operator for a source. Throws an OperatorProblem for a config that cannot be. */
  compile(config: OperatorConfig, host: OperatorHost): () => Operator | RoutingOperator;
}

/** Of an operator that keeps nothing between entries: one for all sources. */
export function stateless(process: (entry: Entry) => void): () => Operator {
  const operator: Operator = {
    process(entry, emit) {
      process(entry);
      emit(entry);
    },
  };
  return () => operator;
}
