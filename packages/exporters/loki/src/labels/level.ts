import type { LogRecord } from '@millrace/core';

const names = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];

/** By OTLP's SeverityNumber, 1 to 24: `TRACE`, `TRACE2`, …, as the collector's exporter writes them. */
const levels = names.flatMap((name) => [name, `${name}2`, `${name}3`, `${name}4`]);

/** What the severity is called; empty if it is not known. */
export const levelOf = ({ severityNumber, severityText }: LogRecord): string =>
  severityNumber ? (levels[severityNumber - 1] ?? '') : (severityText ?? '');
