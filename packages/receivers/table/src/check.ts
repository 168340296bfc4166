import type { Problem } from '@millrace/core';
import { checkEndpoint, checkHeaders, checkProxy, checkTls } from '@millrace/http-client';
import type { Config, FormatConfig, MetricConfig, SourceConfig } from './config.ts';
import { parsePath } from './json.ts';

/** What the schema cannot say. */
export function checkConfig(config: Config): readonly Problem[] {
  const { source, format, metrics, collection_interval: interval } = config;
  const problems: Problem[] = [...under(['source'], sourceProblems(source))];
  const hasColumns = metrics.some(({ column }) => column !== undefined);
  problems.push(...under(['format'], formatProblems(format, hasColumns)));
  if (source.json_path !== undefined && !hasColumns)
    problems.push({
      path: ['source', 'json_path'],
      message: 'json_path says where the table is, and no metric has a column of it.',
    });
  for (const [index, metric] of metrics.entries()) {
    for (const message of metricProblems(metric))
      problems.push({ path: ['metrics', index], message: `${metric.name}: ${message}` });
    const first = metrics.findIndex(({ name }) => name === metric.name);
    const differs = (['type', 'unit', 'value_type', 'description'] as const).find(
      (key) => metrics[first]![key] !== metric[key],
    );
    if (differs)
      problems.push({
        path: ['metrics', index, differs],
        message: `${metric.name} is there twice: ${differs} must be the same in both.`,
      });
  }
  if (interval <= 0)
    problems.push({ path: ['collection_interval'], message: 'collection_interval must be more than 0.' });
  return problems;
}

const under = (path: Problem['path'], problems: Iterable<Problem>): Problem[] =>
  [...problems].map((problem) => ({ ...problem, path: [...path, ...problem.path] }));

function* sourceProblems({
  url,
  path,
  json_path: jsonPath,
  headers,
  tls,
  proxy_url: proxy,
  max_size: most,
}: SourceConfig): Generator<Problem> {
  if ((url === undefined) === (path === undefined))
    yield { path: [], message: 'a source has a url or a path, and not both: `path: /proc/vmstat`.' };
  if (url !== undefined) yield* checkEndpoint(url, { path: ['url'], name: 'url', instead: 'use auth, or headers' });
  if (jsonPath !== undefined && !parsePath(jsonPath))
    yield { path: ['json_path'], message: 'json_path is names and numbers with dots between them: `stats.0.text`.' };
  if (most <= 0) yield { path: ['max_size'], message: 'max_size must be more than 0.' };
  yield* checkHeaders(headers);
  yield* checkTls(tls);
  yield* checkProxy(proxy, false);
}

function* formatProblems(
  { separator, pattern, widths, header, columns }: FormatConfig,
  hasColumns: boolean,
): Generator<Problem> {
  if (hasColumns && header === undefined && columns === undefined)
    yield { path: [], message: 'format must say what the columns are: header, the line that names them, or columns.' };
  if ((separator === 'regex') !== (pattern !== undefined))
    yield { path: ['pattern'], message: 'pattern and `separator: regex` go together.' };
  if ((separator === 'fixed') !== (widths !== undefined))
    yield { path: ['widths'], message: 'widths and `separator: fixed` go together.' };
}

function* metricProblems({ column, json_path: path, attributes, where, scale }: MetricConfig): Generator<string> {
  if ((column === undefined) === (path === undefined)) yield 'a metric has a column or a json_path, and not both.';
  if (path !== undefined && !parsePath(path))
    yield 'json_path is names and numbers with dots between them: `stats.0.size`.';
  if (path !== undefined && (Object.keys(attributes).length > 0 || Object.keys(where).length > 0))
    yield 'attributes and where are of rows; a number of the JSON has static_attributes only.';
  if (scale === 0) yield 'scale 0 would make all values 0.';
}
