import { readFileSync } from 'node:fs';
import type { ConnectionOptions, SecureVersion } from 'node:tls';
import { createSecureContext, getCACertificates } from 'node:tls';
import type { ConfigOf, Problem } from '@millrace/core';
import { PermanentError } from '@millrace/core';

const versions = ['1.0', '1.1', '1.2', '1.3'] as const;

/** Go's names, as the collector takes them; those of TLS 1.3 are always there. */
const suites = [
  'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA',
  'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA',
  'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
  'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA',
  'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA',
] as const;
const suites13 = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'] as const;

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
    ca_pem: { type: 'string', description: 'The same, the text itself.' },
    include_system_ca_certs_pool: {
      type: 'boolean',
      default: false,
      description: 'Trust the well-known authorities and those of the machine too.',
    },
    cert_file: { type: 'string', description: 'PEM file of the certificate to show to the server (mTLS).' },
    cert_pem: { type: 'string', description: 'The same, the text itself.' },
    key_file: { type: 'string', description: 'PEM file of the key of the certificate.' },
    key_pem: { type: 'string', format: 'secret', description: 'The same, the text itself.' },
    server_name_override: {
      type: 'string',
      description: 'The name that the certificate must have, if it is not the host of the endpoint.',
    },
    min_version: { type: 'string', enum: versions, default: '1.2', description: 'The oldest TLS version to accept.' },
    max_version: { type: 'string', enum: versions, description: 'The newest TLS version to accept.' },
    cipher_suites: {
      type: 'array',
      minItems: 1,
      description:
        'What TLS up to 1.2 may encrypt with, by the names of the IANA. The suites of TLS 1.3 are always there.',
      items: { type: 'string', enum: [...suites, ...suites13], description: 'One of them.' },
    },
  },
} as const;

export type TlsConfig = ConfigOf<typeof tlsSchema>;

/** What `tls.connect` needs. Throws an error that names the file that cannot be read. */
export function tlsOptions(config: TlsConfig): ConnectionOptions {
  const ca = contentOf(config, 'ca');
  const cert = contentOf(config, 'cert');
  const key = contentOf(config, 'key');
  const { max_version: newest, cipher_suites: ciphers, server_name_override: servername } = config;
  return {
    minVersion: `TLSv${config.min_version}` as SecureVersion,
    ...(newest !== undefined && { maxVersion: `TLSv${newest}` as SecureVersion }),
    rejectUnauthorized: !config.insecure_skip_verify,
    ...((ca ?? config.include_system_ca_certs_pool) && {
      ca: [...(ca ? [ca] : []), ...(config.include_system_ca_certs_pool ? wellKnown() : [])],
    }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(ciphers && { ciphers: [...new Set([...suites13, ...ciphers.map(opensslName)])].join(':') }),
    ...(servername !== undefined && { servername }),
  };
}

const wellKnown = (): readonly string[] => [...getCACertificates('default'), ...getCACertificates('system')];

/** https://docs.openssl.org/master/man1/openssl-ciphers/#cipher-suite-names */
const opensslName = (name: string): string =>
  name.startsWith('TLS_ECDHE_')
    ? name
        .replace(/^TLS_(\w+?)_WITH_/, '$1_')
        .replace(/AES_(\d+)/, 'AES$1')
        .replace('_CBC', '')
        .replace('POLY1305_SHA256', 'POLY1305')
        .replaceAll('_', '-')
    : name;

function contentOf(config: TlsConfig, what: 'ca' | 'cert' | 'key'): string | Buffer | undefined {
  const file = config[`${what}_file`];
  return file === undefined ? config[`${what}_pem`] : read(`${what}_file`, file);
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

export function checkTls(config: TlsConfig): Problem[] {
  const problems: string[] = [];
  for (const what of ['ca', 'cert', 'key'] as const)
    if (config[`${what}_file`] !== undefined && config[`${what}_pem`] !== undefined)
      problems.push(`${what}_file and ${what}_pem say the same: give one of them.`);
  const has = (what: 'cert' | 'key'): boolean => (config[`${what}_file`] ?? config[`${what}_pem`]) !== undefined;
  if (has('cert') !== has('key')) problems.push('cert_file and key_file go together: give both or none.');
  const { min_version: oldest, max_version: newest } = config;
  if (newest !== undefined && newest < oldest)
    problems.push(`max_version ${newest} is older than min_version ${oldest}.`);
  return problems.map((message) => ({ path: ['tls'], message }));
}

/** Whether certificates of its own are configured. */
export const usesMaterial = (config: TlsConfig): boolean =>
  (config.ca_file ?? config.ca_pem ?? config.cert_file ?? config.cert_pem) !== undefined;
