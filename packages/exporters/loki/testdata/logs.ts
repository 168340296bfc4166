import type { Meter } from '@opentelemetry/api';
import { createNoopMeter } from '@opentelemetry/api';
import type { Attributes, LogRecord, LogsBatch, Scope } from '@millrace/core';
import { logsBatch } from '@millrace/core';

export const second = 1_784_500_000;

/** A record at a nanosecond of `second`. */
export const record = (body: LogRecord['body'], nanos = 0, more: Partial<LogRecord> = {}): LogRecord => ({
  time: [second, nanos],
  observedTime: [second + 1, 0],
  body,
  attributes: {},
  ...more,
});

export const logs = (records: readonly LogRecord[], resource: Attributes = {}, scope: Scope = { name: '' }): LogsBatch =>
  logsBatch([{ resource: { attributes: resource }, scopeLogs: [{ scope, logRecords: records }] }]);

/** Counts what is dropped and what is changed, by reason, and reads gauges. */
export function countingMeter() {
  const counts: Record<string, Record<string, number>> = {};
  const gauges = new Map<string, () => number>();
  const noop = createNoopMeter();
  const meter = Object.assign(Object.create(noop) as Meter, {
    createCounter: (name: string) => ({
      add(items: number, { reason }: { reason?: string } = {}) {
        if (reason === undefined) return;
        const reasons = (counts[name] ??= {});
        reasons[reason] = (reasons[reason] ?? 0) + items;
      },
    }),
    createObservableGauge: (name: string) => ({
      addCallback(callback: (result: { observe(value: number): void }) => void) {
        gauges.set(name, () => {
          let seen = NaN;
          callback({ observe: (value) => (seen = value) });
          return seen;
        });
      },
      removeCallback() {},
    }),
  });
  return {
    meter,
    dropped: () => counts['millrace_dropped_items'] ?? {},
    changed: () => counts['millrace_loki_changed_lines'] ?? {},
    gauge: (name: string) => gauges.get(name)!(),
  };
}
