import type { Batch, Consumer, Context, Extension, Headers, Metadata, Signal } from '@millrace/core';
import { describeError, hold, isPermanent, itemCount, PermanentError } from '@millrace/core';
import { batchFromJson, batchFromRequest } from '@millrace/otlp';
import { code, invalid, Refusal, refusalOf } from './refusal.ts';

export const intakeSchemas = {
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

export interface IntakeConfig {
  readonly include_metadata: boolean;
  readonly auth?: { readonly authenticator: string };
  readonly middlewares: readonly { readonly id: string }[];
}

export interface Message {
  readonly signal: Signal;
  readonly format: 'protobuf' | 'json';
  readonly bytes: Uint8Array;
  readonly headers: Headers;
}

/** What both protocols do with a request. Whatever it throws or rejects with is a Refusal. */
export interface Intake {
  /** Whether there is room for so many bytes more, as far as they are known. */
  admit(bytes: number): void;
  /** Whether the sender may send. Undefined if that needs no asking. */
  authenticate(headers: Headers): Promise<void> | undefined;
  /** Resolves once the next owner has it. */
  deliver(message: Message, aborted: AbortSignal): Promise<void>;
}

export function createIntake(config: IntakeConfig, context: Context, next: Consumer): Intake {
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
    async deliver({ signal, format, bytes, headers }, aborted) {
      const metadata = config.include_metadata ? metadataOf(headers) : undefined;
      const release = hold(bytes.length);
      try {
        const batch = decode({ signal, format, bytes }, metadata);
        if (itemCount(batch) > 0) await next.consume(batch, aborted);
      } catch (error) {
        throw refusalOf(error);
      } finally {
        release();
      }
    },
  };
}

/** Throws where the extension could let nobody in: better than letting everybody in. */
function authenticator(
  extension: Extension,
  { authenticator: id }: { readonly authenticator: string },
): Intake['authenticate'] {
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

function decode({ signal, format, bytes }: Omit<Message, 'headers'>, metadata: Metadata | undefined): Batch {
  try {
    return format === 'json' ? batchFromJson(signal, bytes, metadata) : batchFromRequest(signal, bytes, metadata);
  } catch (error) {
    if (error instanceof PermanentError) throw invalid(describeError(error));
    throw error;
  }
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

function metadataOf(headers: Headers): Metadata {
  const metadata: Record<string, readonly string[]> = {};
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined && !name.startsWith(':') && !ofTheConnection.has(name))
      metadata[name] = typeof value === 'string' ? [value] : value;
  return metadata;
}
