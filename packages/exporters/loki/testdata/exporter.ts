import type { Batch, InputOf } from '@millrace/core';
import { resolveConfig } from '@millrace/core';
import { manualClock, testContext } from '@millrace/core/testing';
import type { Meter, ObservableCallback } from '@opentelemetry/api';
import loki from '../src/index.ts';
import { type FakeOptions, startFakeLoki } from './fake-loki.ts';
import { second } from './logs.ts';

export type Input = InputOf<typeof loki.config>;

/** Stops, last first, what a test has started. */
export function cleaner() {
  const open: (() => Promise<unknown>)[] = [];
  return {
    add: (stop: () => Promise<unknown>) => void open.push(stop),
    async clean() {
      for (const stop of open.splice(0).reverse()) await stop();
    },
  };
}

/** Reads the gauges that are made with a meter from now on, by name. */
function gaugesOf(meter: Meter): (name: string) => number {
  const gauges = new Map<string, ObservableCallback>();
  meter.createObservableGauge = (name) => ({
    addCallback: (callback) => void gauges.set(name, callback),
    removeCallback() {},
  });
  return (name) => {
    let seen = NaN;
    void gauges.get(name)!({ observe: (value) => void (seen = value) });
    return seen;
  };
}

export function exporterTo(endpoint: string, input: Partial<Input> = {}) {
  const clock = manualClock(second * 1000);
  const context = testContext({ clock });
  const gauge = gaugesOf(context.meter);
  const made = loki.create(resolveConfig(loki.config, { endpoint, ...input }), context);
  return {
    send: (batch: Batch, signal?: AbortSignal) => made.consume(batch, signal),
    stop: () => made.shutdown!(AbortSignal.timeout(1000)),
    clock,
    lines: context.lines,
    dropped: context.dropped,
    counts: context.counts,
    gauge,
  };
}

/** An exporter, and a Loki to which it sends. */
export async function pair(input: Partial<Input> = {}, options: FakeOptions = {}) {
  const server = await startFakeLoki(options);
  const exporter = exporterTo(server.endpoint, input);
  return {
    ...exporter,
    server,
    async stop() {
      await exporter.stop();
      await server.stop();
    },
  };
}
