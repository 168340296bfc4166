/** There was no answer: nobody there, the connection lost, or no time left. Somewhere else, or later, there may be one. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  /** The other side may have the batch. */
  readonly sent: boolean;
  constructor(message: string, { sent, cause }: { readonly sent: boolean; readonly cause?: unknown }) {
    super(message, cause === undefined ? undefined : { cause });
    this.sent = sent;
  }
}

export const wasNotSent = (error: unknown): boolean => error instanceof NoAnswer && !error.sent;

/** Whether nothing can have reached the other side, by the error of a connection. */
export const isUnreachable = (error: unknown): boolean =>
  ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'].includes(
    String((error as NodeJS.ErrnoException).code),
  );
