/** OTTL's names of OTLP's numbers. */
const severities = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'].flatMap((name) =>
  ['', '2', '3', '4'].map((step) => `SEVERITY_NUMBER_${name}${step}`),
);

const numbered = (prefix: string, names: readonly string[]): [string, number][] =>
  names.map((name, index) => [prefix + name, index]);

export const enums: ReadonlyMap<string, number> = new Map([
  ...numbered('', ['SEVERITY_NUMBER_UNSPECIFIED', ...severities]),
  ...numbered('SPAN_KIND_', ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']),
  ...numbered('STATUS_CODE_', ['UNSET', 'OK', 'ERROR']),
  ...numbered('METRIC_DATA_TYPE_', ['NONE', 'GAUGE', 'SUM', 'HISTOGRAM', 'EXPONENTIAL_HISTOGRAM', 'SUMMARY']),
  ...numbered('AGGREGATION_TEMPORALITY_', ['UNSPECIFIED', 'DELTA', 'CUMULATIVE']),
  ...numbered('FLAG_', ['NONE', 'NO_RECORDED_VALUE']),
]);
