import type { Certificate } from './certificate.ts';
import { UntrustedError } from './connection.ts';
import { exchange, type Line, openLine, type Reply } from './exchange.ts';
import { type Going, redirected } from './redirect.ts';
import type { Target } from './target.ts';
import type { Verdict } from './validate.ts';

/** How one request went, its redirects included. */
export interface Outcome {
  readonly durationMs: number;
  readonly redirects: number;
  /** The last answer; undefined where there was none. */
  readonly reply: Reply | undefined;
  readonly verdict: Verdict | undefined;
  /** Of the server that was asked last, even if it was refused. */
  readonly chain: readonly Certificate[];
  /** Why there was no answer. */
  readonly error: unknown;
}

/** There was an answer, and it is as it should be. */
export const isGood = ({ verdict }: Outcome): boolean => verdict !== undefined && verdict.complaint === undefined;

const maxRedirects = 10;

export interface ProbeOptions {
  /** With what proves who asks. */
  readonly headers: Readonly<Record<string, string>>;
  /** Connections to the endpoint's own origin that are there already, or will be kept. */
  readonly line?: Line | undefined;
  readonly signal: AbortSignal;
}

/** Asks once, over connections of its own unless it is given some. Never rejects. */
export async function probe(target: Target, { headers, line, signal }: ProbeOptions): Promise<Outcome> {
  const { config, judge } = target;
  const began = performance.now();
  const passing: Line[] = [];
  let going: Going = {
    ...target.going,
    sent: { ...target.going.sent, headers: { ...target.going.sent.headers, ...headers } },
  };
  let redirects = 0;
  let chain: readonly Certificate[] = [];

  async function ask({ sent, route }: Going): Promise<Reply> {
    let over = redirects === 0 ? line : undefined;
    if (!over) passing.push((over = openLine(sent.url, { route, signal, keepAlive: false, maxConnections: 1 })));
    const reply = await exchange(sent, { line: over, route, signal, maxBytes: config.max_response_size });
    chain = reply.connection.chain;
    return reply;
  }

  try {
    for (;;) {
      const reply = await ask(going);
      const next = config.follow_redirects ? redirected(going, reply) : undefined;
      if (!next) {
        const durationMs = performance.now() - began;
        return { durationMs, redirects, reply, verdict: judge(reply), chain, error: undefined };
      }
      if (redirects === maxRedirects) throw new Error(`There were more than ${maxRedirects} redirects.`);
      redirects++;
      going = next;
    }
  } catch (error) {
    if (error instanceof UntrustedError) ({ chain } = error);
    return { durationMs: performance.now() - began, redirects, reply: undefined, verdict: undefined, chain, error };
  } finally {
    for (const { agent } of passing) agent.destroy();
  }
}
