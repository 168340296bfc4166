import type { Context } from '@millrace/core';

/** What the receiver says of itself. The first name is the collector's. */
export function createMeters({ id, meter }: Context, openFiles: () => number) {
  const attributes = { receiver: id };
  const open = meter.createObservableGauge('otelcol_fileconsumer_open_files', {
    unit: '{file}',
    description: 'Files that are open.',
  });
  const bytes = meter.createCounter('millrace_file_log_read_bytes', {
    unit: 'By',
    description: 'Bytes of files that have been read.',
  });
  const records = meter.createCounter('millrace_file_log_read_records', {
    unit: '{record}',
    description: 'Records that files were split into.',
  });
  const observe: Parameters<typeof open.addCallback>[0] = (result) => result.observe(openFiles(), attributes);
  open.addCallback(observe);
  return {
    count(readBytes: number, readRecords: number): void {
      if (readBytes > 0) bytes.add(readBytes, attributes);
      if (readRecords > 0) records.add(readRecords, attributes);
    },
    close: () => open.removeCallback(observe),
  };
}
