import type { Problem } from '@millrace/core';
import { checkTls } from '@millrace/http-client';
import { timesOf, validationOf } from '../job.ts';
import { checkRule } from '../relabel/check.ts';
import { isLabelName } from '../relabel/labels.ts';
import { compileRegex } from '../relabel/regex.ts';
import { checkHttp } from './check-http.ts';
import { type JobConfig, otherDiscoveries } from './job.ts';
import { isReadable } from './protocols.ts';
import type { Config } from './schema.ts';
import { tlsOf } from './tls.ts';

type Path = readonly (string | number)[];

const at = (path: Path, problems: readonly Problem[]): Problem[] =>
  problems.map((problem) => ({ ...problem, path: [...path, ...problem.path] }));

/** What the schema cannot say. */
export function checkConfig(config: Config): readonly Problem[] {
  const { scrape_configs: jobs, global } = config.config;
  const problems: Problem[] = [];
  for (const [index, job] of jobs.entries()) {
    const path = ['config', 'scrape_configs', index];
    problems.push(...at(path, checkJob(job, config)));
    if (jobs.findIndex((other) => other.job_name === job.job_name) < index)
      problems.push({ path: [...path, 'job_name'], message: `two jobs have the name ${job.job_name}` });
  }
  for (const name of Object.keys(global.external_labels))
    if (!isLabelName(name, global.metric_name_validation_scheme === 'legacy' ? 'legacy' : 'utf8'))
      problems.push({
        path: ['config', 'global', 'external_labels', name],
        message: `${name} cannot be the name of a label`,
      });
  return [...problems, ...checkStartTime(config)];
}

function checkStartTime({ start_time_metric_regex: regex }: Config): Problem[] {
  if (regex === undefined) return [];
  try {
    compileRegex(regex);
    return [];
  } catch (error) {
    return [
      {
        path: ['start_time_metric_regex'],
        message: `start_time_metric_regex is not a regex of RE2: ${(error as Error).message}`,
      },
    ];
  }
}

function checkJob(job: JobConfig, { config: { global } }: Config): Problem[] {
  const validation = validationOf(job, global);
  const { intervalMs, timeoutMs } = timesOf(job, global);
  const problems: Problem[] = [];
  const wrong = (path: Path, message: string): void => void problems.push({ path, message });
  if (timeoutMs > intervalMs)
    wrong(['scrape_timeout'], `scrape_timeout is longer than the interval, ${intervalMs / 1000}s`);
  if (job.scrape_protocols && !job.scrape_protocols.some(isReadable))
    wrong(['scrape_protocols'], 'none of these can be read: name a text format too');
  if (job.fallback_scrape_protocol !== undefined && !isReadable(job.fallback_scrape_protocol))
    wrong(['fallback_scrape_protocol'], 'PrometheusProto cannot be read: name a text format');
  for (const name of otherDiscoveries)
    if (job[`${name}_sd_configs`] !== undefined)
      wrong(
        [`${name}_sd_configs`],
        `there is no discovery by ${name} here: targets come from static_configs and file_sd_configs`,
      );
  for (const key of ['relabel_configs', 'metric_relabel_configs'] as const)
    for (const [index, rule] of job[key].entries()) problems.push(...at([key, index], checkRule(rule, validation)));
  for (const [index, { targets, labels }] of job.static_configs.entries()) {
    for (const name of Object.keys(labels))
      if (!isLabelName(name, validation))
        wrong(['static_configs', index, 'labels', name], `${name} cannot be the name of a label`);
    // A rule may take the address from it.
    if (job.relabel_configs.length > 0) continue;
    for (const [place, target] of targets.entries())
      if (target.includes('/') || !URL.canParse(`http://${target}`))
        wrong(
          ['static_configs', index, 'targets', place],
          `${target} is not host:port; a path is the job's metrics_path, and http or https its scheme`,
        );
  }
  return [...problems, ...checkHttp(job), ...tlsProblems(job)];
}

const tlsProblems = (job: JobConfig): Problem[] =>
  checkTls(tlsOf(job.tls_config)).map(({ message }) => ({ path: ['tls_config'], message: asWritten(message) }));

/** The messages have the collector's keys. */
const asWritten = (message: string): string => message.replaceAll('_pem', '');
