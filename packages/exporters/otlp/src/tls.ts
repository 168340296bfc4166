import { readFileSync } from 'node:fs';
import type { ConnectionOptions, SecureVersion } from 'node:tls';
import { createSecureContext } from 'node:tls';
import type { ConfigOf, Problem } from '@millrace/core';
import { PermanentError } from '@millrace/core';

export const tlsSchema = {
  type: 'object',
  description: 'How the connection is encrypted. Files are read again at each new connection.',
  default: {},
  properties: {
    insecure: {
      type: 'boolean',
      default: false,
      description: 'Connect without TLS. An `https://` endpoint overrides it.',
    },
    insecure_skip_verify: {
      type: 'boolean',
      default: false,
      description: 'Accept any certificate: encrypted, but with anybody.',
    },
    ca_file: { type: 'string', description: 'PEM file of the authorities to trust, instead of the well-known ones.' },
    cert_file: { type: 'string', description: 'PEM file of the certificate to show to the server (mTLS).' },
    key_file: { type: 'string', description: 'PEM file of the key of `cert_file`.' },
    server_name_override: {
      type: 'string',
      description: 'The name that the certificate must have, if it is not the host of the endpoint.',
    },
    min_version: {
      type: 'string',
      enum: ['1.0', '1.1', '1.2', '1.3'],
      default: '1.2',
      description: 'The oldest TLS version to accept.',
    },
  },
} as const;

export type TlsConfig = ConfigOf<typeof tlsSchema>;

/** What `tls.connect` needs. Throws an error that names the file that cannot be read. */
export function tlsOptions(config: TlsConfig): ConnectionOptions {
  return {
    minVersion: `TLSv${config.min_version}` as SecureVersion,
    rejectUnauthorized: !config.insecure_skip_verify,
    ...(config.ca_file !== undefined && { ca: read('ca_file', config.ca_file) }),
    ...(config.cert_file !== undefined && { cert: read('cert_file', config.cert_file) }),
    ...(config.key_file !== undefined && { key: read('key_file', config.key_file) }),
    ...(config.server_name_override !== undefined && { servername: config.server_name_override }),
  };
}

function read(key: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new Error(`tls.${key} cannot be read`, { cause: error });
  }
}

/** At start: files that are not there, or do not belong together, are a mistake in the config. */
export function proveTls(config: TlsConfig): void {
  try {
    createSecureContext(tlsOptions(config));
  } catch (error) {
    throw new PermanentError('The TLS settings do not work', { cause: error });
  }
}

export function checkTls({ cert_file: cert, key_file: key }: TlsConfig): Problem[] {
  if ((cert === undefined) === (key === undefined)) return [];
  return [{ path: ['tls'], message: 'cert_file and key_file go together: give both or none.' }];
}
