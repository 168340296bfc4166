import type { Answer, Outcome, Sent } from '@millrace/http-client';
import { isSuccess, statusError } from '@millrace/http-client';

export function outcomeOf(sent: Sent): Outcome {
  const { answer } = sent;
  const { status } = answer;
  if (isSuccess(status)) return { kind: 'taken' };
  const { code, text } = saidIn(answer);
  const later = isLater(status, code);
  const error = statusError(sent, { said: text, advice: advice(status, text), isLater: later });
  // For good, it may be for one of its profiles, which then spoils it: nothing of it is kept.
  if (status === 413) return { kind: 'divide', reason: 'request_too_large', error };
  if (!later && (status === 400 || status === 422)) return { kind: 'divide', reason: 'rejected_by_backend', error };
  return { kind: 'refused', error };
}

/** Codes of Connect that say to come again. `/ingest` says 422 for all that its distributor refuses, and the code in the text. */
const later = new Set(['resource_exhausted', 'unavailable', 'deadline_exceeded', 'aborted', 'internal', 'unknown']);

function isLater(status: number, code: string | undefined): boolean {
  if (status === 422 || status === 409) return code !== undefined && later.has(code);
  return (status >= 500 && status !== 501) || status === 429 || status === 408;
}

function advice(status: number, said: string): string | undefined {
  if (status === 401 && said.includes('no org id'))
    return 'it wants to know the tenant (tenant, or the header X-Scope-OrgID)';
  if (status === 401 || status === 403) return 'it does not let us write (headers or auth)';
  if (status === 404 || status === 405 || status === 415 || status === 501)
    return 'there is no such API (endpoint; api: ingest is for servers before Grafana Pyroscope)';
  return undefined;
}

/** Connect's errors are JSON: https://connectrpc.com/docs/protocol/#error-end-stream. Others are text. */
function saidIn({ body, status }: Answer): { readonly code: string | undefined; readonly text: string } {
  const raw = body.toString('utf8');
  let text = raw;
  let code: unknown;
  try {
    const said = JSON.parse(raw) as { code?: unknown; message?: unknown } | null;
    if (typeof said?.message === 'string') text = said.message;
    code = said?.code;
  } catch {
    // A gateway before Pyroscope says it in text.
  }
  const known = typeof code === 'string' ? code : undefined;
  return { code: status === 422 ? codeIn(text) : known, text: text.replace(/\s+/g, ' ').trim() };
}

/** An error of Connect within others: `… failed resource_exhausted: push rate limit …`. */
const codeIn = (text: string): string | undefined =>
  [...text.matchAll(/\b([a-z]+(?:_[a-z]+)*): /g)].map((match) => match[1]!).find((code) => later.has(code));
