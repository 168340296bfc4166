import type { Answer, Outcome, Sent } from '@millrace/http-client';
import { isSuccess, statusError } from '@millrace/http-client';

/** What became of a request; `unsettled` is all of it, for what is settled now: the same would be taken, at least partly. */
export type WriteOutcome = Outcome | { readonly kind: 'unsettled'; readonly error: Error };

export function outcomeOf(sent: Sent): WriteOutcome {
  const { answer } = sent;
  const { status } = answer;
  if (isSuccess(status)) return { kind: 'taken' };
  if (status === 413) return { kind: 'divide', reason: 'line_too_long' };
  const said = saidIn(answer);
  const isMissing = status === 404 && missing.test(said);
  const error = statusError(sent, {
    said,
    advice: isMissing ? 'what to write to is not there' : advice[status],
    ...(isMissing && { isLater: true }),
  });
  // InfluxDB 2 says 422, and 1 and 3 say 400.
  if ((status === 400 || status === 422) && said.includes('partial write')) {
    const rejected = new Map([['rejected_by_backend', droppedIn(said, answer)]]);
    return { kind: 'partly', rejected, error, isTaken: true };
  }
  // InfluxDB 1, where lines of one request give different types to a field that is new. The first one's then stands.
  return { kind: status === 400 && said === 'field type conflict' ? 'unsettled' : 'refused', error };
}

/** A database that is not there yet may be made in a moment, as where all starts at once; a wrong path stays wrong. */
const missing = /(?:database|bucket|organization|retention policy).*not found/i;

const advice: Readonly<Record<number, string>> = {
  401: 'the server does not know who writes (token, or username and password)',
  403: 'the user or token may not write there',
  404: 'the server has no such path (v1_compatibility, or the path of endpoint)',
};

interface Said {
  readonly error?: unknown;
  readonly message?: unknown;
  readonly data?: unknown;
}

function jsonIn({ body }: Answer): Said | undefined {
  try {
    const said: unknown = JSON.parse(body.toString('utf8'));
    return typeof said === 'object' && said !== null ? said : undefined;
  } catch {
    return undefined;
  }
}

/** `error` of InfluxDB 1 and 3, `message` of 2, or the body as it is. In one line. */
function saidIn(answer: Answer): string {
  const { error, message } = jsonIn(answer) ?? {};
  const text = [message, error].find((one) => typeof one === 'string') ?? answer.body.toString('utf8');
  return text.replace(/\s+/g, ' ').trim();
}

/** InfluxDB 1 and 2 end with `dropped=2`, which leaves out the lines that they could not parse; 3 lists the lines. */
function droppedIn(said: string, answer: Answer): number {
  const { data } = jsonIn(answer) ?? {};
  if (Array.isArray(data)) return data.length;
  const unparsed = said.match(/unable to parse '/g)?.length ?? 0;
  const dropped = /dropped=(\d+)/.exec(said)?.[1];
  return unparsed + Number(dropped ?? (unparsed > 0 ? 0 : 1));
}
