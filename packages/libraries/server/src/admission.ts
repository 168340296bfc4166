import type { Context, Extension, Headers, Metadata } from '@millrace/core';
import { describeError, isPermanent, PermanentError } from '@millrace/core';
import { code, Refusal, refusalOf } from './refusal.ts';

/** The keys of a receiver that say who may send, and when. */
export const admissionSchemas = {
  include_metadata: {
    type: 'boolean',
    default: false,
    description: "Keeps the request's headers with its data, for components that look at them.",
  },
  auth: {
    type: 'object',
    description: 'Who may send.',
    properties: {
      authenticator: {
        type: 'string',
        format: 'extension',
        provides: 'server_auth',
        description: 'The extension that decides, such as `bearer_token_auth`.',
      },
    },
    required: ['authenticator'],
  },
  middlewares: {
    type: 'array',
    default: [],
    description: 'Extensions that are asked before a request is read.',
    items: {
      type: 'object',
      description: 'One of them.',
      properties: {
        id: {
          type: 'string',
          format: 'extension',
          provides: 'admission',
          description: 'Its id, such as `memory_limiter`.',
        },
      },
      required: ['id'],
    },
  },
} as const;

export interface AdmissionConfig {
  readonly auth?: { readonly authenticator: string };
  readonly middlewares: readonly { readonly id: string }[];
}

/** What is asked before a request is read. Whatever it throws or rejects with is a Refusal. */
export interface Admission {
  /** Whether there is room for so many bytes more, as far as they are known. */
  admit(bytes: number): void;
  /** Whether the sender may send. Undefined if that needs no asking. */
  authenticate(headers: Headers): Promise<void> | undefined;
}

export function createAdmission(config: AdmissionConfig, context: Context): Admission {
  const authenticate = config.auth && authenticator(context.extension(config.auth.authenticator), config.auth);
  const middlewares = config.middlewares.map(({ id }) => context.extension(id));

  return {
    admit(bytes) {
      for (const middleware of middlewares) {
        try {
          middleware.admit?.(bytes);
        } catch (error) {
          throw refusalOf(error);
        }
      }
    },
    authenticate: (headers) => authenticate?.(headers),
  };
}

/** Throws where the extension could let nobody in: better than letting everybody in. */
function authenticator(
  extension: Extension,
  { authenticator: id }: { readonly authenticator: string },
): Admission['authenticate'] {
  if (!extension.authenticate) throw new PermanentError(`The extension ${id} does not check who sends.`);
  return async (headers) => {
    try {
      await extension.authenticate!(headers);
    } catch (error) {
      if (!isPermanent(error)) throw refusalOf(error);
      throw new Refusal(describeError(error), { code: code.unauthenticated, status: 401 });
    }
  };
}

/** What belongs to the connection, or says how this one request is written. */
const ofTheConnection: ReadonlySet<string> = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'grpc-accept-encoding',
  'grpc-encoding',
  'grpc-timeout',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** The headers that say something of the sender or the data. */
export function metadataOf(headers: Headers): Metadata {
  const metadata: Record<string, readonly string[]> = {};
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined && !name.startsWith(':') && !ofTheConnection.has(name))
      metadata[name] = typeof value === 'string' ? [value] : value;
  return metadata;
}
