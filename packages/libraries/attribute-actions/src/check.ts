import type { Problem } from '@millrace/core';
import { compilePattern } from './match/text.ts';
import type { Action } from './schema.ts';

const sources = ['value', 'from_attribute', 'from_context'] as const;

/** Which keys an action takes besides `action`. */
const takes: Readonly<Record<Action['action'], readonly (keyof Action)[]>> = {
  insert: ['key', ...sources, 'default_value'],
  update: ['key', ...sources, 'default_value'],
  upsert: ['key', ...sources, 'default_value'],
  delete: ['key', 'pattern'],
  hash: ['key', 'pattern'],
  extract: ['key', 'pattern'],
  convert: ['key', 'converted_type'],
};

/** What the schema cannot say of a list of actions; `path` leads to the list. */
export const checkActions = (actions: readonly Action[], path: Problem['path']): readonly Problem[] =>
  actions.flatMap((action, index) => checkAction(action, [...path, index]));

function checkAction(written: Action, path: Problem['path']): Problem[] {
  const { action } = written;
  const present = (Object.keys(written) as (keyof Action)[]).filter((key) => written[key] !== undefined);
  const foreign = present.filter((key) => key !== 'action' && !takes[action].includes(key));
  const problems = foreign.map((key) => ({
    path: [...path, key],
    message: `The action ${action} does not use ${key}; it takes ${takes[action].join(', ')}.`,
  }));
  const wrong = missing(written);
  if (wrong !== undefined) problems.push({ path: [...path], message: `The action ${action} ${wrong}.` });
  if (written.pattern !== undefined && takes[action].includes('pattern')) {
    const reason = wrongPattern(written.pattern, action);
    if (reason !== undefined) problems.push({ path: [...path, 'pattern'], message: `${reason}.` });
  }
  if (written.from_context !== undefined && /^(?:auth\..*|client\.address)$/.test(written.from_context))
    problems.push({
      path: [...path, 'from_context'],
      message: `from_context: ${written.from_context} is not known; write metadata.<name of a header>.`,
    });
  return problems;
}

function missing(written: Action): string | undefined {
  const { action, key, pattern } = written;
  if (action === 'delete' || action === 'hash')
    return key === undefined && pattern === undefined ? 'needs a key, a pattern, or both' : undefined;
  if (key === undefined) return 'needs a key';
  if (action === 'extract') return pattern === undefined ? 'needs a pattern' : undefined;
  if (action === 'convert') return written.converted_type === undefined ? 'needs a converted_type' : undefined;
  const given = sources.filter((source) => written[source] !== undefined);
  if (given.length > 1) return `takes one of ${sources.join(', ')}; there are ${given.join(' and ')}`;
  return given.length === 0 && written.default_value === undefined ? `needs one of ${sources.join(', ')}` : undefined;
}

function wrongPattern(pattern: string, action: Action['action']): string | undefined {
  let expression: RegExp;
  try {
    expression = compilePattern(pattern);
  } catch (error) {
    return (error as Error).message;
  }
  if (action !== 'extract') return undefined;
  // Matches the empty text whatever the pattern, so that the match shows all groups.
  const { length, groups = {} } = new RegExp(`${expression.source}|`, expression.flags).exec('')!;
  const named = Object.keys(groups).length;
  if (named === 0) return 'pattern has no named group; write (?<name>…) for what is to become the attribute "name"';
  return named < length - 1
    ? 'pattern has a group without a name; write (?<name>…), or (?:…) for a group that is not extracted'
    : undefined;
}
