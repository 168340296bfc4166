import type { CollectorStatus, ResourceMetrics } from '@millrace/core';

/** What a copy is started with. */
export interface CopySetup {
  readonly configs: readonly string[];
  readonly set: readonly string[];
  /** From 1: the first copy is the program's own thread. */
  readonly index: number;
}

/** What the program tells a copy. */
export type Order = { readonly do: 'reload' | 'metrics' | 'shutdown' };

/** What a copy tells the program: answers come in the order of the orders. */
export type Report =
  | { readonly is: 'started' }
  | { readonly is: 'failed'; readonly error: string }
  | {
      readonly is: 'log';
      readonly level: 'debug' | 'info' | 'warn' | 'error';
      readonly fields: object;
      readonly message: string;
    }
  | { readonly is: 'status'; readonly status: CollectorStatus }
  | { readonly is: 'reloaded'; readonly error?: string }
  | { readonly is: 'metrics'; readonly metrics: ResourceMetrics };
