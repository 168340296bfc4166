import type { Batch, Consumer, Context, Headers, Metadata, Signal } from '@millrace/core';
import { describeError, hold, itemCount, PermanentError } from '@millrace/core';
import { batchFromJson, batchFromRequest } from '@millrace/otlp';
import type { Admission, AdmissionConfig } from '@millrace/server';
import { createAdmission, invalid, metadataOf, refusalOf } from '@millrace/server';

export interface Message {
  readonly signal: Signal;
  readonly format: 'protobuf' | 'json';
  readonly bytes: Uint8Array;
  readonly headers: Headers;
}

/** What both protocols do with a request. Whatever it throws or rejects with is a Refusal. */
export interface Intake extends Admission {
  /** Resolves once the next owner has it. */
  deliver(message: Message, aborted: AbortSignal): Promise<void>;
}

export interface IntakeConfig extends AdmissionConfig {
  readonly include_metadata: boolean;
}

export function createIntake(config: IntakeConfig, context: Context, next: Consumer): Intake {
  return {
    ...createAdmission(config, context),
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

function decode({ signal, format, bytes }: Omit<Message, 'headers'>, metadata: Metadata | undefined): Batch {
  try {
    return format === 'json' ? batchFromJson(signal, bytes, metadata) : batchFromRequest(signal, bytes, metadata);
  } catch (error) {
    if (error instanceof PermanentError) throw invalid(describeError(error));
    throw error;
  }
}
