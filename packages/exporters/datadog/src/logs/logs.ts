import type { Context, LogsBatch } from '@millrace/core';
import type { Format } from '../payload/format.ts';
import { jsonBuilder } from '../payload/format.ts';
import { logsLimits } from '../payload/limits.ts';
import type { EntryConfig } from './entry.ts';
import { entryMaker } from './entry.ts';
import { fit } from './fit.ts';

/** Entries that are JSON already, for `/api/v2/logs`. */
export const logsJson: Format<string> = {
  contentType: 'application/json',
  limits: logsLimits,
  builder: () => jsonBuilder((entry) => entry, ['[', ']']),
  halve: () => undefined,
  count: () => 1,
};

/** Makes the entries of a batch. A message that is too long is cut, and counted. */
export function logsMapper(config: EntryConfig, { id, meter }: Context): (batch: LogsBatch) => readonly string[] {
  const entryOf = entryMaker(config);
  const cut = meter.createCounter('millrace_truncated_items', {
    unit: '{item}',
    description: 'Items of which a component sent a part only, because they are too large.',
  });
  return ({ resourceLogs }) => {
    const entries: string[] = [];
    for (const { resource, scopeLogs } of resourceLogs)
      for (const { scope, logRecords } of scopeLogs)
        for (const record of logRecords) {
          const { text, isCut } = fit(entryOf(record, { resource, scope }));
          if (isCut) cut.add(1, { component: id });
          entries.push(text);
        }
    return entries;
  };
}
