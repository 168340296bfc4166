import type { Problem } from '@millrace/core';
import { checkAuthorization, checkHeaders, checkProxy } from '@millrace/http-client';
import type { JobConfig } from './job.ts';

/** What does not go together of how targets are asked. */
export function checkHttp(job: JobConfig): Problem[] {
  const problems: Problem[] = [...checkAuthorization(job)];
  const wrong = (path: readonly string[], message: string): void => void problems.push({ path, message });
  const ways = (['basic_auth', 'authorization', 'bearer_token', 'bearer_token_file'] as const).filter(
    (key) => job[key] !== undefined,
  );
  if (ways.length > 1 && ways[1] !== 'authorization')
    wrong([ways[1]!], `there is ${ways[0]} already: give one of them`);
  const headers = Object.entries(job.http_headers);
  const values = headers.flatMap(([name, { values: plain, secrets }]) =>
    [...plain, ...secrets].map((value) => ({ [name]: value })),
  );
  for (const header of values)
    for (const { path, message } of checkHeaders(header)) wrong(['http_headers', String(path.at(-1))], message);
  return [...problems, ...checkProxy(job.proxy_url, false)];
}
