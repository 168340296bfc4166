/** OTLP's names of the severity numbers 1 to 24. */
export const severities = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'].flatMap((name) => [
  name,
  `${name}2`,
  `${name}3`,
  `${name}4`,
]);

export const severityNumber = (name: string): number => severities.indexOf(name) + 1;
