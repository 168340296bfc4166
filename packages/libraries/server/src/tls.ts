import { readFileSync } from 'node:fs';
import type { SecureVersion, TlsOptions, Server as TlsServer } from 'node:tls';
import { createSecureContext } from 'node:tls';
import type { ConfigOf, Context } from '@millrace/core';
import { describeError, PermanentError } from '@millrace/core';

export const tlsSchema = {
  type: 'object',
  description: 'Encrypts the connections. Without it they are in the clear.',
  properties: {
    cert_file: { type: 'string', minLength: 1, description: 'The certificate (chain) of the server, PEM.' },
    key_file: { type: 'string', minLength: 1, description: 'Its private key, PEM.' },
    client_ca_file: {
      type: 'string',
      minLength: 1,
      description: 'Clients must show a certificate that one of these authorities has signed (mTLS), PEM.',
    },
    client_ca_file_reload: {
      type: 'boolean',
      default: false,
      description: 'Reads `client_ca_file` again where it has changed, at a new connection.',
    },
    min_version: {
      type: 'string',
      enum: ['1.0', '1.1', '1.2', '1.3'],
      default: '1.2',
      description: 'The oldest TLS version to accept.',
    },
    reload_interval: {
      type: 'string',
      format: 'duration',
      default: '0s',
      description:
        'How often, at the most, a new connection looks whether the files have changed. With `0s`, only a reload of the config does.',
    },
  },
  required: ['cert_file', 'key_file'],
} as const;

export type TlsConfig = ConfigOf<typeof tlsSchema>;

type Files = Pick<TlsOptions, 'cert' | 'key' | 'ca'>;

/** Throws a PermanentError that names the file that cannot be read, or what is wrong with them together. */
export function readTls(config: TlsConfig): TlsOptions {
  const files: Files = {
    cert: read('cert_file', config.cert_file),
    key: read('key_file', config.key_file),
    ...(config.client_ca_file !== undefined && { ca: read('client_ca_file', config.client_ca_file) }),
  };
  const options: TlsOptions = {
    ...files,
    minVersion: `TLSv${config.min_version}` as SecureVersion,
    ...(files.ca && { requestCert: true, rejectUnauthorized: true }),
  };
  try {
    createSecureContext(options);
  } catch (error) {
    throw new PermanentError('The TLS files of the receiver do not work', { cause: error });
  }
  return options;
}

function read(key: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new PermanentError(`tls.${key} of the receiver cannot be read`, { cause: error });
  }
}

/** `client_ca_file_reload` alone has no interval. */
const lookEveryMs = 1000;

/** Has the server take up files that have changed, and returns what makes it look at them now. */
export function followFiles(
  server: TlsServer,
  config: TlsConfig,
  { initial, context }: { initial: TlsOptions; context: Context },
): () => void {
  const { reload_interval: interval, client_ca_file_reload: followsCa } = config;
  let current = initial;
  let lastError: string | undefined;
  let next = context.clock.now() + (interval || lookEveryMs);

  function look(only?: 'ca'): void {
    try {
      const found = readTls(config);
      lastError = undefined;
      const wanted = only ? { ...current, ca: found.ca } : found;
      if (['cert', 'key', 'ca'].every((key) => isSame(wanted[key as keyof Files], current[key as keyof Files]))) return;
      server.setSecureContext(wanted);
      current = wanted;
      context.log.info({ cert_file: config.cert_file }, 'Took up changed TLS files.');
    } catch (error) {
      const text = describeError(error);
      if (text !== lastError)
        context.log.warn({ error: text }, 'Changed TLS files cannot be used; going on with the ones before.');
      lastError = text;
    }
  }

  if (interval > 0 || followsCa)
    // In front of the listener that begins the handshake, so that this very connection gets the new ones.
    server.prependListener('connection', () => {
      const now = context.clock.now();
      if (now < next) return;
      next = now + (interval || lookEveryMs);
      look(interval > 0 ? undefined : 'ca');
    });
  return () => look();
}

const isSame = (a: unknown, b: unknown): boolean => (Buffer.isBuffer(a) && Buffer.isBuffer(b) ? a.equals(b) : a === b);
