/** Prometheus's names of the formats; that of protocol buffers is taken and left out. */
export const protocols = [
  'PrometheusProto',
  'PrometheusText0.0.4',
  'PrometheusText1.0.0',
  'OpenMetricsText0.0.1',
  'OpenMetricsText1.0.0',
] as const;

export type Protocol = (typeof protocols)[number];

const mediaTypes: Readonly<Record<Protocol, string | undefined>> = {
  PrometheusProto: undefined,
  'PrometheusText0.0.4': 'text/plain;version=0.0.4',
  'PrometheusText1.0.0': 'text/plain;version=1.0.0',
  'OpenMetricsText0.0.1': 'application/openmetrics-text;version=0.0.1',
  'OpenMetricsText1.0.0': 'application/openmetrics-text;version=1.0.0',
};

const all: readonly Protocol[] = [
  'OpenMetricsText1.0.0',
  'OpenMetricsText0.0.1',
  'PrometheusText1.0.0',
  'PrometheusText0.0.4',
];

/** The `accept` header: the formats by preference, those that know escaping with how names shall be written. */
export function acceptOf(wanted: readonly Protocol[] = all, escaping: string): string {
  const types = wanted.flatMap((protocol) => {
    const type = mediaTypes[protocol];
    return type === undefined ? [] : [type.endsWith('=1.0.0') ? `${type};escaping=${escaping}` : type];
  });
  return [...types, '*/*'].map((type, index) => `${type};q=0.${types.length + 1 - index}`).join();
}

export const isReadable = (protocol: Protocol): boolean => mediaTypes[protocol] !== undefined;

/** Which of the two formats a protocol is. */
export const formatOfProtocol = (protocol: Protocol): 'openmetrics' | 'prometheus' =>
  protocol.startsWith('OpenMetrics') ? 'openmetrics' : 'prometheus';
