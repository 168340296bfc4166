import type { Problem } from '@millrace/core';
import { driverNameProblem } from '@millrace/sql';
import type { Config } from './config.ts';
import { inFile, type LoadedQuery, loadQueries } from './queries.ts';
import type { MetricConfig } from './query-schema.ts';
import { targetsOf } from './targets.ts';

/** What the schema cannot say. */
export function checkConfig(config: Config): readonly Problem[] {
  const { queries, problems } = loadQueries(config);
  const none: Problem[] =
    queries.length > 0 || problems.length > 0
      ? []
      : [{ path: ['queries'], message: 'there is nothing to ask: give queries, query_files or a preset' }];
  const interval: Problem[] =
    config.collection_interval > 0 ? [] : [{ path: ['collection_interval'], message: 'must be more than 0' }];
  return [...problems, ...none, ...interval, ...targetProblems(config), ...queries.flatMap(queryProblems)];
}

function targetProblems(config: Config): Problem[] {
  return targetsOf(config).flatMap(({ name, driver, target, isPlaced }): Problem[] => {
    const path = name === '' ? [] : ['targets', name];
    if (driver === '')
      return [{ path: [...path, 'driver'], message: 'the kind of database is missing: driver: postgres' }];
    const wrong = driverNameProblem(driver);
    if (wrong !== undefined) return [{ path: [...path, 'driver'], message: wrong }];
    if (!isPlaced)
      return [{ path, message: 'it is not said where the database is: give datasource, or host and database' }];
    if (target.datasource !== undefined && (target.host ?? target.port) !== undefined)
      return [
        {
          path: [...path, 'datasource'],
          message: 'a datasource says where the database is: leave out host and port, or it',
        },
      ];
    return [];
  });
}

function queryProblems({ config, path, file, name }: LoadedQuery): Problem[] {
  const found: Problem[] = [];
  const wrong = (key: readonly (string | number)[], message: string): void => {
    const at = file === undefined ? [...path, ...key] : path;
    found.push({ path: at, message: file === undefined ? message : `${inFile(file)}query ${name}: ${message}` });
  };
  const { metrics = [], logs = [], tracking, expect_failure: failing } = config;
  if (config.sql === undefined)
    wrong(['sql'], 'a query needs its sql (or the name of a query that comes with the preset)');
  if (metrics.length === 0 && logs.length === 0 && !failing)
    wrong([], 'its rows become nothing: give metrics or logs (or expect_failure)');
  if (config.interval !== undefined && config.interval <= 0) wrong(['interval'], 'must be more than 0');
  if (config.timeout !== undefined && config.timeout <= 0) wrong(['timeout'], 'must be more than 0');
  if (tracking && config.tracking_column !== undefined)
    wrong(['tracking_column'], 'tracking says which columns: leave out one of them');
  if (tracking && tracking.columns.length !== tracking.start_values.length)
    wrong(['tracking', 'start_values'], `needs a value for each of the ${tracking.columns.length} columns`);
  for (const [index, metric] of metrics.entries())
    for (const message of metricProblems(metric)) wrong(['metrics', index], `${metric.metric_name}: ${message}`);
  return found;
}

function* metricProblems(metric: MetricConfig): Generator<string> {
  const sources = [metric.value_column, metric.value_columns, metric.histogram].filter((one) => one !== undefined);
  if (metric.data_type === 'histogram') {
    if (!metric.histogram || sources.length > 1)
      yield 'a histogram has its columns under histogram, and no value_column';
  } else if (metric.histogram) yield 'histogram needs data_type: histogram';
  else if (sources.length !== 1) yield 'needs a value_column, or value_columns, and not both';
  if (metric.value_columns && metric.value_columns.length > 1 && metric.value_attribute === undefined)
    yield 'value_columns need a value_attribute, which tells their points apart';
  if (metric.monotonic && metric.data_type !== 'sum') yield 'monotonic is for data_type: sum';
  if (metric.aggregation === 'delta' && metric.data_type === 'gauge')
    yield 'aggregation is for data_type: sum or histogram';
}
