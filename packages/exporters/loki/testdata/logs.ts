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
