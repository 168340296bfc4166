import type { Problem } from '@millrace/core';
import { checkOperators, goRegex, type OperatorConfig } from '@millrace/log-operators';
import type { Config } from './config.ts';
import { encodingNamed } from './encoding.ts';
import { orderProblems } from './order-problems.ts';

/** What the schema cannot say. */
export function check(config: Config): readonly Problem[] {
  const problems: Problem[] = [...checkOperators(config.operators as readonly OperatorConfig[], ['operators'])];
  const wrong = (path: Problem['path'], message: string): void => void problems.push({ path, message });
  const { multiline, encoding, ordering_criteria: criteria } = config;
  if (!encodingNamed(encoding))
    wrong(['encoding'], `"${encoding}" is not an encoding; utf-8, utf-16le, latin1 and nop are.`);
  if (multiline) {
    const { line_start_pattern: start, line_end_pattern: end } = multiline;
    if ((start === undefined) === (end === undefined))
      wrong(['multiline'], 'Needs one of line_start_pattern and line_end_pattern.');
    for (const key of ['line_start_pattern', 'line_end_pattern'] as const) {
      const reason = multiline[key] === undefined ? undefined : wrongPattern(multiline[key]);
      if (reason !== undefined) wrong(['multiline', key], `The pattern ${reason}.`);
    }
    if (encoding === 'nop') wrong(['multiline'], 'Cannot be with encoding: nop, which has no lines.');
  }
  if (criteria) for (const { path, message } of orderProblems(criteria)) wrong(['ordering_criteria', ...path], message);
  if (config.delete_after_read && config.start_at === 'end')
    wrong(['delete_after_read'], 'Needs start_at: beginning: what was skipped would be deleted too.');
  if (config.max_log_size < 1) wrong(['max_log_size'], 'Must be at least 1 byte.');
  if (config.max_log_size > 512 * 1024 * 1024) wrong(['max_log_size'], 'Must be at most 512MiB.');
  if (config.fingerprint_size < 16) wrong(['fingerprint_size'], 'Must be at least 16 bytes.');
  if (config.poll_interval <= 0) wrong(['poll_interval'], 'Must be more than 0.');
  return problems;
}

function wrongPattern(pattern: string): string | undefined {
  try {
    goRegex(pattern);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
