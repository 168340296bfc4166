import { METHODS } from 'node:http';
import type { Problem } from '@millrace/core';
import { checkEndpoint, checkHeaders, checkProxy, checkTls } from '@millrace/http-client';
import type { Config, TargetConfig, ValidationConfig } from './config.ts';
import { parsePath } from './json-path.ts';
import { parseStatuses } from './statuses.ts';

/** What the schema cannot say. */
export const checkConfig = ({ targets }: Config): readonly Problem[] =>
  targets.flatMap((target, index) =>
    targetProblems(target).map(({ path, message }) => ({ path: ['targets', index, ...path], message })),
  );

function targetProblems(target: TargetConfig): Problem[] {
  const { endpoint, endpoints = [], method, headers, proxy_url: proxy, socket_path: socket, tls } = target;
  const problems: Problem[] = [];
  const wrong = (path: Problem['path'], message: string): void => void problems.push({ path, message });
  const instead = 'use auth, or headers';
  if (endpoint === undefined && endpoints.length === 0)
    wrong(['endpoint'], 'a target needs an endpoint, or endpoints: `endpoint: https://example.com/health`.');
  if (endpoint !== undefined) problems.push(...checkEndpoint(endpoint, { path: ['endpoint'], instead }));
  for (const [index, one] of endpoints.entries())
    problems.push(...checkEndpoint(one, { path: ['endpoints', index], name: `endpoints[${index}]`, instead }));
  if (!METHODS.includes(method.toUpperCase()) || method.toUpperCase() === 'CONNECT')
    wrong(['method'], `method ${JSON.stringify(method)} is none that can be sent, such as GET, HEAD or POST.`);
  // What a body is, is for the one who writes it to say.
  const { 'content-type': _, ...others } = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.toLowerCase() === 'content-type' ? 'content-type' : name,
      value,
    ]),
  );
  problems.push(...checkHeaders(others), ...checkTls(tls), ...checkProxy(proxy, false));
  if (target.timeout <= 0) wrong(['timeout'], 'timeout must be more than 0.');
  if (target.max_response_size <= 0) wrong(['max_response_size'], 'max_response_size must be more than 0.');
  if (socket !== undefined && proxy !== undefined)
    wrong(['proxy_url'], 'proxy_url does not go with socket_path: a unix socket is on this machine.');
  for (const [index, validation] of target.validations.entries())
    for (const { path, message } of validationProblems(validation)) wrong(['validations', index, ...path], message);
  return problems;
}

function* validationProblems(validation: ValidationConfig): Generator<Problem> {
  const { json_path: path, equals, header, matches, status } = validation;
  if (Object.keys(validation).length === 0)
    yield { path: [], message: 'a validation says what the answer must be like: `contains: ok`, `status: 2xx`.' };
  if (equals !== undefined && path === undefined)
    yield { path: ['equals'], message: 'equals needs a json_path, which says what it is compared with.' };
  if (matches !== undefined && header === undefined)
    yield { path: ['matches'], message: 'matches needs a header; for the body there is regex.' };
  if (path !== undefined && !parsePath(path))
    yield {
      path: ['json_path'],
      message: `json_path ${JSON.stringify(path)} is not understood: names and numbers with dots between them, \`checks.0.state\`, and \`#\` for how many. Queries, wildcards and modifiers are not known.`,
    };
  if (status !== undefined && !parseStatuses(status))
    yield {
      path: ['status'],
      message: `status ${JSON.stringify(status)} is none: 200, 2xx, 200-204, or several with commas.`,
    };
}
