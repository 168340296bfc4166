import type { Logger } from '@millrace/core';
import { compileOperators, goRegex, type OperatorConfig } from '@millrace/log-operators';
import type { Config } from './config.ts';
import type { Found } from './find.ts';

export type OrderingCriteria = NonNullable<Config['ordering_criteria']>;
type SortRule = OrderingCriteria['sort_by'][number];

/** What two files are compared by; `undefined` for their times, which change. */
type Key = string | bigint | undefined;

/** What the name of a file says. */
interface Name {
  readonly group: string;
  /** One for each rule. */
  readonly keys: readonly Key[];
}

interface Candidate {
  readonly found: Found;
  readonly keys: readonly Key[];
}

/** Of the files that are there, those that are to be read, in the order in which they are. */
export type Order = (found: readonly Found[]) => readonly Found[];

/**
 * As the collector has it: the rules sort one after the other, so that the last one counts most; of each group, the first
 * `top_n` are read. Undefined without rules: all files are read, in the order of their names.
 */
export function createOrder(criteria: OrderingCriteria | undefined, log: Logger): Order | undefined {
  if (!criteria || criteria.sort_by.length === 0) return undefined;
  const { sort_by: rules, top_n: most } = criteria;
  const regex = criteria.regex === undefined ? undefined : goRegex(criteria.regex);
  const groupBy = criteria.group_by === undefined ? undefined : goRegex(criteria.group_by);
  const readers = rules.map(keyReader);
  const compare = compareBy(rules);
  let said = false;
  /** Of the files that were there the last time. Undefined: it is left out. */
  let names: ReadonlyMap<string, Name | undefined> = new Map();

  function readName(path: string): Name | undefined {
    const group = groupBy ? groupBy.exec(path)?.[1] : '';
    const match = regex?.exec(path);
    if (group === undefined) return leftOut(path, 'group_by does not match it');
    if (regex && !match) return leftOut(path, 'regex does not match it');
    const keys: Key[] = [];
    for (const [index, rule] of rules.entries()) {
      const text = rule.regex_key === undefined ? undefined : (match?.groups?.[rule.regex_key] ?? '');
      const key = text === undefined ? undefined : readers[index]!(text);
      if (text !== undefined && key === undefined)
        return leftOut(path, `its ${rule.regex_key} is ${JSON.stringify(text)}, which is no ${rule.sort_type}`);
      keys.push(key);
    }
    return { group, keys };
  }

  function leftOut(file: string, reason: string): undefined {
    const message =
      'A file is not read, for ordering_criteria does not fit it. Further ones are said at the level debug.';
    log[said ? 'debug' : 'warn']({ file, reason }, message);
    said = true;
  }

  return (found) => {
    const seen = new Map<string, Name | undefined>();
    const groups = new Map<string, Candidate[]>();
    for (const one of found) {
      const name = names.has(one.path) ? names.get(one.path) : readName(one.path);
      seen.set(one.path, name);
      if (!name) continue;
      const group = groups.get(name.group);
      if (group) group.push({ found: one, keys: name.keys });
      else groups.set(name.group, [{ found: one, keys: name.keys }]);
    }
    names = seen;
    return [...groups.values()].flatMap((group) =>
      group
        .sort(compare)
        .slice(0, most === 0 ? undefined : most)
        .map((candidate) => candidate.found),
    );
  };
}

function compareBy(rules: readonly SortRule[]): (a: Candidate, b: Candidate) => number {
  return (a, b) => {
    for (let index = rules.length - 1; index >= 0; index--) {
      const { ascending, sort_type: type } = rules[index]!;
      const [one, other] = type === 'mtime' ? [a.found.modified, b.found.modified] : [a.keys[index]!, b.keys[index]!];
      if (one !== other) return one < other === ascending ? -1 : 1;
    }
    return 0;
  };
}

/** Undefined for a text that cannot be compared as the rule says. */
function keyReader(rule: SortRule): (text: string) => Key {
  if (rule.sort_type === 'numeric')
    return (text) => (/^[+-]?\d+$/.test(text) ? BigInt(text.replace('+', '')) : undefined);
  return rule.sort_type === 'timestamp' ? timeReader(rule) : (text) => text;
}

/** Reads what a rule says is a time, as the body of an entry. */
export const timeParser = ({ layout, location }: SortRule): OperatorConfig =>
  ({ type: 'time_parser', parse_from: 'body', layout, location, on_error: 'drop' }) as OperatorConfig;

function timeReader(rule: SortRule): (text: string) => Key {
  let time: Key;
  const ignored = (): void => {};
  const parser = compileOperators([timeParser(rule)], { now: Date.now, failed: ignored, filtered: ignored });
  const chain = parser.createChain((entry) => {
    const [seconds, nanos] = entry.time!;
    time = BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
  });
  return (text) => {
    time = undefined;
    chain.process({ body: text, attributes: {}, resource: {}, start: 0, end: 0 });
    return time;
  };
}
