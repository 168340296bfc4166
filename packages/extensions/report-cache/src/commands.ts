import type { ExtensionContext, OfferedCommand } from '@millrace/core';
import { describeError, isPermanent } from '@millrace/core';
import { code, invalid, Refusal, refusalOf } from '@millrace/server';
import { notFound } from './not-found.ts';
import { resultText } from './text.ts';

export interface Asked {
  readonly receiver: string;
  readonly command: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** What clients can ask receivers. */
export interface Commands {
  list(): readonly OfferedCommand[];
  /** The answer as JSON. Rejects with a Refusal. */
  ask(asked: Asked, aborted: AbortSignal): Promise<string>;
}

export interface CommandsConfig {
  readonly allow_changes: boolean;
  readonly command_timeout: number;
}

/** How many may be under way: what they ask for is work for others. */
const atOnce = 32;

export function createCommands(config: CommandsConfig, { commands }: ExtensionContext): Commands {
  let underWay = 0;

  const offeredAs = ({ receiver, command }: Asked): OfferedCommand | undefined =>
    commands.list().find((one) => one.receiver === receiver && one.name === command);

  function check(asked: Asked): void {
    const { receiver, command } = asked;
    if (offeredAs(asked)?.changes && !config.allow_changes)
      throw new Refusal(
        `${receiver} ${command} changes something, and that is not allowed here: allow_changes is false.`,
        { code: code.permissionDenied, status: 403 },
      );
    if (underWay >= atOnce)
      throw new Refusal(`There are ${atOnce} commands under way already.`, {
        code: code.resourceExhausted,
        status: 429,
        retryAfterMs: 1000,
      });
  }

  function refusalFor(error: unknown, asked: Asked): Refusal {
    if (!isPermanent(error)) return refusalOf(error);
    const say = offeredAs(asked) ? invalid : notFound;
    return say(describeError(error));
  }

  return {
    list: () => commands.list(),
    async ask(asked, aborted) {
      check(asked);
      const timeout = AbortSignal.timeout(config.command_timeout);
      const signal = AbortSignal.any([aborted, timeout]);
      const over = Promise.withResolvers<never>();
      const onAbort = (): void => over.reject(signal.reason as Error);
      signal.addEventListener('abort', onAbort, { once: true });
      underWay++;
      try {
        return resultText(await Promise.race([commands.call({ ...asked, signal }), over.promise]));
      } catch (error) {
        if (timeout.aborted)
          throw new Refusal(`${asked.receiver} ${asked.command} has not answered in time.`, {
            code: code.deadlineExceeded,
            status: 504,
          });
        throw refusalFor(error, asked);
      } finally {
        underWay--;
        signal.removeEventListener('abort', onAbort);
      }
    },
  };
}
