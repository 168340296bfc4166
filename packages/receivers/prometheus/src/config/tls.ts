import type { TlsConfig } from '@millrace/http-client';
import type { JobConfig } from './job.ts';

/** Prometheus's `tls_config` in the words of the collector, which the client reads. */
export function tlsOf(config: JobConfig['tls_config']): TlsConfig {
  const { ca, cert, key } = config;
  const { ca_file: caFile, cert_file: certFile, key_file: keyFile, server_name: name, max_version: newest } = config;
  return {
    insecure: false,
    insecure_skip_verify: config.insecure_skip_verify,
    include_system_ca_certs_pool: false,
    min_version: version(config.min_version),
    ...(newest !== undefined && { max_version: version(newest) }),
    ...(ca !== undefined && { ca_pem: ca }),
    ...(cert !== undefined && { cert_pem: cert }),
    ...(key !== undefined && { key_pem: key }),
    ...(caFile !== undefined && { ca_file: caFile }),
    ...(certFile !== undefined && { cert_file: certFile }),
    ...(keyFile !== undefined && { key_file: keyFile }),
    ...(name !== undefined && { server_name_override: name }),
  };
}

/** `TLS12` → `1.2`. */
const version = (name: 'TLS10' | 'TLS11' | 'TLS12' | 'TLS13'): TlsConfig['min_version'] =>
  `1.${name.slice(-1)}` as TlsConfig['min_version'];
