import { checkOperators, goRegex } from '@millrace/log-operators';
import { type OrderingCriteria, timeParser } from './order.ts';

interface Wrong {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** What is wrong with criteria; paths are from their own key. */
export function* orderProblems({ regex, group_by: groupBy, sort_by: rules }: OrderingCriteria): Generator<Wrong> {
  const groups = regex === undefined ? [] : groupsOf(regex);
  const own = groupBy === undefined ? undefined : groupsOf(groupBy);
  if (typeof groups === 'string') yield { path: ['regex'], message: `The pattern ${groups}.` };
  if (typeof own === 'string') yield { path: ['group_by'], message: `The pattern ${own}.` };
  if (own?.length === 0) yield { path: ['group_by'], message: 'Needs a group, such as (?P<service>[a-z]+).' };
  for (const [index, { sort_type: type, regex_key: key, layout }] of rules.entries()) {
    const path = ['sort_by', index];
    if (type === 'mtime') continue;
    if (regex === undefined) yield { path: [], message: `sort_type: ${type} needs a regex with named groups.` };
    else if (key === undefined)
      yield { path, message: `sort_type: ${type} needs regex_key, the name of a group of regex.` };
    else if (Array.isArray(groups) && !groups.includes(key))
      yield {
        path: [...path, 'regex_key'],
        message: `regex has no group "${key}"; it has ${groups.filter(Boolean).join(', ') || 'none'}.`,
      };
    if (type !== 'timestamp') continue;
    if (layout === undefined) yield { path, message: "sort_type: timestamp needs a layout, such as '%Y%m%d%H'." };
    else
      for (const { message } of checkOperators([timeParser(rules[index]!)], []))
        yield { path, message: message.replace('The operator time_parser: ', '') };
  }
}

/** The names of the groups, empty for those without; a text that says why the pattern is none. */
function groupsOf(pattern: string): readonly string[] | string {
  try {
    const match = new RegExp(`${goRegex(pattern).source}|`, goRegex(pattern).flags).exec('')!;
    const named = Object.keys(match.groups ?? {});
    return [...named, ...Array.from({ length: match.length - 1 - named.length }, () => '')];
  } catch (error) {
    return (error as Error).message;
  }
}
