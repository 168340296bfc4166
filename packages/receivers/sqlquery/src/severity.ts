/** OTLP's SeverityNumber (https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber), by databases' words. */
const numbers: Readonly<Record<string, number>> = {
  trace: 1,
  debug5: 1,
  debug4: 2,
  debug3: 3,
  debug2: 4,
  debug: 5,
  debug1: 5,
  info: 9,
  information: 9,
  log: 9,
  note: 10,
  notice: 10,
  warn: 13,
  warning: 13,
  err: 17,
  error: 17,
  critical: 18,
  crit: 18,
  fatal: 21,
  panic: 24,
  emergency: 24,
};

export function severityOf(text: string): { readonly severityNumber?: number; readonly severityText?: string } {
  if (/^\d+$/.test(text)) {
    const number = Number(text);
    return number >= 1 && number <= 24 ? { severityNumber: number } : { severityText: text };
  }
  const number = numbers[text.toLowerCase()];
  return { ...(number !== undefined && { severityNumber: number }), severityText: text };
}
