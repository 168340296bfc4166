import type { Answer, Outcome, Sent } from '@millrace/http-client';
import { isSuccess, statusError } from '@millrace/http-client';
import { decodeStatus } from '@millrace/otlp';
import type { Part } from './part.ts';
import { rejectionsIn } from './rejections.ts';

/** "Blocked ingestion": Loki says so with a status of its own, and keeps nothing. */
const blocked = 260;

export function outcomeOf(sent: Sent, { part, isOtlp }: { readonly part: Part; readonly isOtlp: boolean }): Outcome {
  const { answer } = sent;
  const { status } = answer;
  if (isSuccess(status) && status !== blocked) return { kind: 'taken' };
  if (status === 413) return { kind: 'divide', reason: 'request_too_large' };
  const said = saidIn(answer, isOtlp);
  const error = statusError(sent, { said, advice: advice(status, said) });
  if (status === 400) {
    // An attribute's name of which nothing is left as a label's: the OTLP endpoint then takes nothing of the request.
    if (said.includes('normalization for label name') || said.includes('label name is empty'))
      return { kind: 'divide', reason: 'invalid_attribute_name' };
    const rejected = rejectionsIn(said, part);
    if (rejected) return { kind: 'partly', rejected, error };
  }
  return { kind: status === 429 && part.lines > 1 && isTooMuch(said) ? 'divide_later' : 'refused', error };
}

/** The texts are those of Loki's `RateLimitedErrorMsg` and `ErrStreamRateLimit`. */
function isTooMuch(said: string): boolean {
  const all = /limit: (\d+) bytes\/sec\) while attempting to ingest '\d+' lines totaling '(\d+)' bytes/.exec(said);
  if (all) return Number(all[2]) > Number(all[1]);
  const stream =
    /\(limit: ([\d.]+[KMGT]?B)\/sec\) while attempting to ingest for stream .* totaling ([\d.]+[KMGT]?B)/.exec(said);
  return stream !== null && bytesIn(stream[2]!) > bytesIn(stream[1]!);
}

const bytesIn = (text: string): number =>
  Number.parseFloat(text) * 1024 ** ' KMGT'.indexOf(/([KMGT])B$/.exec(text)?.[1] ?? ' ');

function advice(status: number, said: string): string | undefined {
  if (status === 401 && said.includes('no org id'))
    return 'it wants to know the tenant (tenant, or the header X-Scope-OrgID)';
  if (status === 401 || status === 403) return 'it does not let us write (headers or auth)';
  if (status === 404) return 'there is no such path (endpoint)';
  if (status === blocked) return 'it is told to keep nothing';
  if (status === 400 && said.includes('Content-Type')) return 'it does not know this encoding';
  return undefined;
}

/** In one line. Of the OTLP endpoint it is in a google.rpc.Status. */
function saidIn({ body }: Answer, isOtlp: boolean): string {
  return (isOtlp ? statusText(body) : body.toString('utf8')).replace(/\s+/g, ' ').trim();
}

function statusText(body: Buffer): string {
  try {
    return decodeStatus(body).message;
  } catch {
    // A gateway before Loki says it in text.
    return body.toString('utf8');
  }
}
