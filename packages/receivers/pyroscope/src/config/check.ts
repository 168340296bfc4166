import type { Problem } from '@millrace/core';
import { describeError } from '@millrace/core';
import { compilePattern } from '@millrace/pprof';
import { QueryError, v1Query } from '@millrace/pyroscope-client';
import { queryOf } from '../server/query.ts';
import { below, checkHttp, checkUrl } from './http.ts';
import type { Config } from './schema.ts';
import type { QueryConfig, ServerConfig } from './server.ts';
import type { ProcessConfig, TargetConfig } from './target.ts';

/** What the schema cannot say. */
export function checkConfig(config: Config): Problem[] {
  const nothing =
    config.servers.length + config.targets.length === 0
      ? [{ path: [], message: 'There is nothing to pull from: give servers, or targets.' }]
      : [];
  return [
    ...nothing,
    ...config.servers.flatMap((server, index) => below(['servers', index], checkServer(server))),
    ...config.targets.flatMap((target, index) => below(['targets', index], checkTarget(target))),
    ...(['focus', 'ignore', 'show', 'hide'] as const).flatMap((key) =>
      checkPattern(config.functions[key], ['functions', key]),
    ),
  ];
}

function checkServer(server: ServerConfig): Problem[] {
  const problems = [...checkUrl(server.endpoint, ['endpoint']), ...checkHttp(server)];
  if (server.queries.length === 0 && !server.discover)
    problems.push({ path: ['queries'], message: 'There is nothing to pull: give queries, or discover.' });
  if (!isGrid(server.window))
    problems.push({ path: ['window'], message: 'A window is 10s, 20s, 30s, or whole minutes that divide a day.' });
  if (server.max_catch_up < server.window + server.delay)
    problems.push({ path: ['max_catch_up'], message: 'max_catch_up must be at least window and delay together.' });
  if (server.timeout === 0) problems.push({ path: ['timeout'], message: 'timeout must be more than 0.' });
  if (server.tenant !== undefined && !/^[\x21-\x7e]+$/.test(server.tenant))
    problems.push({ path: ['tenant'], message: 'tenant has characters that no tenant can have.' });
  for (const key of ['applications', 'profile_types'] as const)
    problems.push(...checkPattern(server.discover?.[key], ['discover', key]));
  const keys = new Set<string>();
  for (const [index, query] of server.queries.entries())
    problems.push(...below(['queries', index], checkQuery(query, server.generation, keys)));
  return problems;
}

/** A legacy server keeps blocks of 10 seconds, and windows begin at midnight. */
const isGrid = (window: number): boolean =>
  (window % 10_000 === 0 && 60_000 % window === 0 && window > 0) ||
  (window > 0 && window % 60_000 === 0 && 86_400_000 % window === 0);

function checkQuery(config: QueryConfig, generation: string, keys: Set<string>): Problem[] {
  try {
    const query = queryOf(config);
    if (generation === 'v1') v1Query(query);
    if (keys.has(query.key)) return [{ path: [], message: 'This query is there twice.' }];
    keys.add(query.key);
    return [];
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    return [{ path: [], message: error.message }];
  }
}

function checkTarget(target: TargetConfig): Problem[] {
  const { urls, files, processes, scrape_interval: interval, scrape_timeout: timeout } = target;
  const duration = target.delta_profiling_duration;
  const problems = [...urls.flatMap((url, index) => checkUrl(url, ['urls', index])), ...checkHttp(target)];
  if (urls.length + files.length + processes.length === 0)
    problems.push({ path: [], message: 'There is nothing to pull from: give urls, files, or processes.' });
  if (interval < 1_000) problems.push({ path: ['scrape_interval'], message: 'scrape_interval must be at least 1s.' });
  if (duration < 1_000 || duration % 1_000 !== 0)
    problems.push({ path: ['delta_profiling_duration'], message: 'delta_profiling_duration must be whole seconds.' });
  if (duration > interval - 1_000)
    problems.push({
      path: ['delta_profiling_duration'],
      message: 'delta_profiling_duration must be at least one second less than scrape_interval.',
    });
  if (timeout <= duration)
    problems.push({ path: ['scrape_timeout'], message: 'scrape_timeout must be more than delta_profiling_duration.' });
  processes.forEach((one, index) => problems.push(...below(['processes', index], checkProcess(one))));
  return problems;
}

function checkProcess({ name, cmdline, url, service_name: service = '' }: ProcessConfig): Problem[] {
  if (name === undefined && cmdline === undefined)
    return [{ path: [], message: 'Every process would fit: give name, or cmdline.' }];
  const known = new Set(['pid', 'name', ...[...(cmdline ?? '').matchAll(/\(\?<(\w+)>/g)].map(([, group]) => group!)]);
  const unknown = [...`${url}${service}`.matchAll(/\{(\w*)\}/g)]
    .map(([, key]) => key!)
    .filter((key) => !known.has(key));
  if (unknown.length > 0)
    return [
      {
        path: ['url'],
        message: `{${unknown[0]}} is nothing here; there are ${[...known].map((key) => `{${key}}`).join(', ')}.`,
      },
    ];
  return checkUrl(url.replaceAll(/\{\w+\}/g, '1'), ['url']);
}

function checkPattern(pattern: string | undefined, path: Problem['path']): Problem[] {
  if (pattern === undefined) return [];
  try {
    compilePattern(pattern);
    return [];
  } catch (error) {
    return [{ path, message: describeError(error) }];
  }
}
