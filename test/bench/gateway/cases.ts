export type Protocol = 'grpc' | 'http';

export interface Case {
  readonly name: string;
  readonly protocol: Protocol;
  /** In one request. */
  readonly points: number;
  /** Of what is sent, and of what the gateway sends on. */
  readonly compression: 'none' | 'gzip';
  /** With a processor that adds an attribute to every resource. */
  readonly resource: boolean;
  /** What is sent, data points a second. */
  readonly pointsPerSecond: number;
}

const sizes = [100, 1000, 10_000] as const;

/** These take about 0.6 of a core of the collector, on a machine of 2026 with two at 2.5 GHz. BENCH_LOAD multiplies them. */
const pointsPerSecond = {
  none: { 100: 60_000, 1000: 90_000, 10_000: 100_000 },
  gzip: { 100: 40_000, 1000: 60_000, 10_000: 70_000 },
};
const load = Number(process.env.BENCH_LOAD ?? 1);

export const cases: readonly Case[] = [
  ...(['grpc', 'http'] as const).flatMap((protocol) =>
    sizes.flatMap((points) =>
      (['none', 'gzip'] as const).map((compression) => caseOf({ protocol, points, compression, resource: false })),
    ),
  ),
  ...([1000, 10_000] as const).map((points) =>
    caseOf({ protocol: 'grpc', points, compression: 'none', resource: true }),
  ),
];

function caseOf(described: Omit<Case, 'name' | 'pointsPerSecond'> & { readonly points: (typeof sizes)[number] }): Case {
  const { protocol, points, compression, resource } = described;
  const kind = compression === 'none' ? 'plain' : compression;
  return {
    ...described,
    name: `${protocol}-${points}-${kind}${resource ? '-resource' : ''}`,
    pointsPerSecond: pointsPerSecond[compression][points] * load,
  };
}

export interface Ports {
  readonly receiver: number;
  readonly backend: number;
  readonly telemetry: number;
}

/** The gateway's config, which is the collector's too. What is not said is left at its default, telemetry of its own included. */
export function configOf({ protocol, compression, resource }: Case, ports: Ports): string {
  const exporter = protocol === 'grpc' ? 'otlp_grpc' : 'otlp_http';
  const address = `127.0.0.1:${ports.backend}`;
  const endpoint = protocol === 'grpc' ? address : `http://${address}`;
  return `receivers:
  otlp:
    protocols:
      ${protocol}:
        endpoint: 127.0.0.1:${ports.receiver}
processors:
  batch: {}
${resource ? '  resource:\n    attributes:\n      - { key: deployment.environment.name, value: bench, action: insert }\n' : ''}exporters:
  ${exporter}:
    endpoint: ${endpoint}
    compression: ${compression}
    tls: { insecure: true }
service:
  telemetry:
    metrics:
      readers: [{ pull: { exporter: { prometheus: { host: 127.0.0.1, port: ${ports.telemetry} } } } }]
  pipelines:
    metrics:
      receivers: [otlp]
      processors: [${resource ? 'resource, ' : ''}batch]
      exporters: [${exporter}]
`;
}
