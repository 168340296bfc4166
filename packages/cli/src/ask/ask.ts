import { exitCode } from '../exit-code.ts';
import { out, say, useColor } from '../environment.ts';
import type { CommandAction, CommandOptions } from '../commands/index.ts';
import { jsonOf } from '../watch/answers.ts';
import { type Connection, type ConnectionFlags, createConnection } from '../watch/connection.ts';
import { harmless, harmlessJson } from '../watch/harmless.ts';
import { ServiceError } from '../watch/service-error.ts';
import { answerLines } from './answer.ts';
import { argumentsJson } from './arguments.ts';
import { type Offered, offeredLines } from './offered.ts';

/** As commander gives the flags. */
interface AskOptions extends CommandOptions, ConnectionFlags {
  readonly json?: boolean;
}

const listMs = 10_000;
/** A command may ask every node of a cluster, each of which may take its time. */
const answerMs = 120_000;

/** `millrace ask [receiver] [command] [key=value…]` */
export const ask: CommandAction = async ([receiver, command, ...pairs], options: AskOptions) => {
  const { json = false } = options;
  const end = new AbortController();
  const onSignal = (): void => end.abort();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, onSignal);
  const color = useColor(options, process.stdout);
  const page = { width: process.stdout.isTTY ? process.stdout.columns || 80 : Number.POSITIVE_INFINITY, color };
  const print = (value: unknown, lines: () => readonly string[]): number => {
    out(json ? harmlessJson(JSON.stringify(value)) : lines().join('\n'));
    return exitCode.done;
  };
  try {
    const connection = createConnection(options);
    const offered = await offeredBy(connection, end.signal);
    if (receiver === undefined) return print(offered, () => offeredLines(offered, page));
    const own = offered.filter((one) => one.receiver === receiver);
    if (command === undefined && own.length > 0) return print(own, () => offeredLines(own, page));
    if (command === undefined) {
      say(noReceiver(receiver, offered));
      return exitCode.usage;
    }
    const schema = own.find((one) => one.command === command)?.arguments;
    const result = await answerOf(connection, {
      path: `/v1/commands/${encodeURIComponent(receiver)}/${encodeURIComponent(command)}`,
      body: `{"arguments":${argumentsJson(pairs, schema)}}`,
      signal: end.signal,
    });
    return print(result, () => answerLines(result, page));
  } catch (error) {
    if (end.signal.aborted) return exitCode.failed;
    if (!(error instanceof ServiceError)) throw error;
    say(error.message);
    return error.exitCode;
  } finally {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, onSignal);
  }
};

async function offeredBy(connection: Connection, signal: AbortSignal): Promise<readonly Offered[]> {
  const answer = await connection.send({ path: '/v1/commands', timeoutMs: listMs, signal });
  const { commands } = Object(await jsonOf(answer, connection)) as { commands?: unknown };
  if (Array.isArray(commands)) return commands as Offered[];
  throw new ServiceError(`${connection.endpoint} answered without commands: it is not a report cache.`);
}

async function answerOf(
  connection: Connection,
  call: { readonly path: string; readonly body: string; readonly signal: AbortSignal },
): Promise<unknown> {
  const answer = await connection.send({ ...call, timeoutMs: answerMs });
  const { result } = Object(await jsonOf(answer, connection)) as { result?: unknown };
  return result;
}

function noReceiver(receiver: string, offered: readonly Offered[]): string {
  const names = [...new Set(offered.map((one) => one.receiver))].sort();
  const there = names.length === 0 ? 'No receiver here can be asked.' : `These can: ${names.join(', ')}`;
  return harmless(`There is no receiver ${receiver} that can be asked. ${there}`, 2000);
}
