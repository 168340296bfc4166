import type { Series } from '@millrace/prometheus-parser';
import { isLabelName, isMetricName, type LabelMap, setLabel } from '../relabel/labels.ts';
import type { Job, JobLimits } from '../job.ts';
import type { Target } from '../target.ts';

class LabelError extends Error {
  override readonly name = 'LabelError';
}

/**
 * What a series of a page is in the end: with the labels of its target, after the rules of its job. Undefined if they drop it.
 * Throws a LabelError if it has what may not be; the scrape then fails.
 */
export function sampleLabels(target: Target): (series: Series) => LabelMap | undefined {
  const { job } = target;
  return ({ name, labels: own }) => {
    const labels: LabelMap = new Map([['__name__', name], ...Object.entries(own)]);
    if (job.config.honor_labels) addMissing(labels, target.labels);
    else addBefore(labels, target.labels);
    if (!job.relabelSample(labels)) return undefined;
    checkNames(labels, job);
    checkLimits(labels, job.limits);
    addMissing(labels, job.externalLabels);
    return labels;
  };
}

/** Whether a series that has neither `job` nor `instance` is in the end what it is on the page, but for these two. */
export function leavesAsTheyAre({ job, labels }: Target): boolean {
  const { limits, config, externalLabels, validation } = job;
  return (
    config.metric_relabel_configs.length === 0 &&
    limits.labels + limits.labelNameBytes + limits.labelValueBytes === 0 &&
    externalLabels.size === 0 &&
    validation === 'utf8' &&
    [...labels.keys()].every((name) => name === 'job' || name === 'instance')
  );
}

function addMissing(labels: LabelMap, more: LabelMap): void {
  for (const [name, value] of more) if (!labels.has(name)) setLabel(labels, name, value);
}

/** What the page says under a name that the target has too is moved to `exported_…`. */
function addBefore(labels: LabelMap, targets: LabelMap): void {
  const moved: [string, string][] = [];
  for (const [name, value] of targets) {
    const exposed = labels.get(name);
    if (exposed !== undefined) moved.push([name, exposed]);
    labels.set(name, value);
  }
  for (const [name, value] of moved.sort(([a], [b]) => a.length - b.length)) {
    let free = `exported_${name}`;
    while (labels.has(free)) free = `exported_${free}`;
    labels.set(free, value);
  }
}

function checkNames(labels: LabelMap, { validation }: Job): void {
  const metric = labels.get('__name__');
  if (metric === undefined) throw new LabelError('The rules leave a sample without a name.');
  if (!isMetricName(metric, validation))
    throw new LabelError(`${JSON.stringify(metric)} cannot be the name of a metric.`);
  for (const name of labels.keys())
    if (!isLabelName(name, validation)) throw new LabelError(`${JSON.stringify(name)} cannot be the name of a label.`);
}

function checkLimits(labels: LabelMap, limits: JobLimits): void {
  const metric = labels.get('__name__');
  if (limits.labels > 0 && labels.size > limits.labels)
    throw new LabelError(`${metric} has ${labels.size} labels: label_limit allows ${limits.labels}.`);
  if (limits.labelNameBytes === 0 && limits.labelValueBytes === 0) return;
  for (const [name, value] of labels) {
    if (isOver(name, limits.labelNameBytes))
      throw new LabelError(
        `${metric} has a label whose name is longer than label_name_length_limit allows, ${limits.labelNameBytes} bytes: ${name.slice(0, 50)}`,
      );
    if (isOver(value, limits.labelValueBytes))
      throw new LabelError(
        `The label ${name} of ${metric} is longer than label_value_length_limit allows, ${limits.labelValueBytes} bytes.`,
      );
  }
}

const isOver = (text: string, limit: number): boolean => limit > 0 && Buffer.byteLength(text) > limit;
