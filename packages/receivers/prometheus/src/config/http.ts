import type { ConfigSchema, ObjectSchema } from '@millrace/core';
import { authorizationSchema } from '@millrace/http-client';

const tlsVersions = ['TLS10', 'TLS11', 'TLS12', 'TLS13'] as const;

/** Prometheus's `tls_config`. */
const tlsConfig = {
  type: 'object',
  description: 'How `https` is encrypted. Files are read again at each new connection.',
  default: {},
  properties: {
    ca: { type: 'string', description: 'The authorities to trust, as PEM, instead of the well-known ones.' },
    ca_file: { type: 'string', description: 'The same in a file.' },
    cert: { type: 'string', description: 'The certificate to show to the target (mTLS), as PEM.' },
    cert_file: { type: 'string', description: 'The same in a file.' },
    key: { type: 'string', format: 'secret', description: 'The key of the certificate, as PEM.' },
    key_file: { type: 'string', description: 'The same in a file.' },
    server_name: {
      type: 'string',
      description: 'The name that the certificate must have, if it is not that of the target.',
    },
    insecure_skip_verify: {
      type: 'boolean',
      default: false,
      description: 'Accept any certificate: encrypted, but with anybody.',
    },
    min_version: {
      type: 'string',
      enum: tlsVersions,
      default: 'TLS12',
      description: 'The oldest TLS version to accept.',
    },
    max_version: { type: 'string', enum: tlsVersions, description: 'The newest TLS version to accept.' },
  },
} as const satisfies ObjectSchema;

/** The keys of a job that say how its targets are asked: Prometheus's `http_config`. */
export const httpKeys = {
  ...authorizationSchema,
  bearer_token: { type: 'string', format: 'secret', description: 'The same as authorization with these credentials.' },
  bearer_token_file: { type: 'string', description: 'The same as authorization with this credentials_file.' },
  http_headers: {
    type: 'object',
    description: 'Headers to send.',
    default: {},
    additionalProperties: {
      type: 'object',
      description: 'The values of one.',
      properties: {
        values: {
          type: 'array',
          default: [],
          items: { type: 'string', description: 'A value.' },
          description: 'Values.',
        },
        secrets: {
          type: 'array',
          default: [],
          items: { type: 'string', format: 'secret', description: 'A value; never printed.' },
          description: 'Values that are secret.',
        },
      },
    },
  },
  tls_config: tlsConfig,
  follow_redirects: {
    type: 'boolean',
    default: true,
    description: 'Go where a target sends on to, ten times at most.',
  },
  enable_http2: { type: 'boolean', default: true, description: 'Taken and ignored: targets are asked over HTTP/1.1.' },
  enable_compression: { type: 'boolean', default: true, description: 'Ask for pages that are compressed with gzip.' },
  proxy_url: {
    type: 'string',
    format: 'secret',
    description: 'The HTTP proxy to go through, `http://host:port`, also with a user and a password.',
  },
} as const satisfies ConfigSchema['properties'];
