import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Problem } from '@millrace/core';
import { describeError, PermanentError, readConfig, resolveConfig } from '@millrace/core';
import glob from 'fast-glob';
import { LineCounter, parseDocument } from 'yaml';
import type { Config } from './config.ts';
import { query, type QueryConfig } from './query-schema.ts';

export interface Loaded {
  readonly queries: readonly LoadedQuery[];
  readonly problems: readonly Problem[];
}

export interface LoadedQuery {
  readonly config: QueryConfig;
  readonly name: string;
  /** For problems: in the config, or in a file named in the message. */
  readonly path: Problem['path'];
  readonly file: string | undefined;
}

const presets = join(import.meta.dirname, '..', 'presets');
const file = {
  properties: { queries: { type: 'array', items: query, description: 'The queries.' } },
  required: ['queries'],
} as const;

/** All the queries: those of the preset, those of files, and the config's own, which change others of the same name. */
export function loadQueries({ preset, query_files: patterns = [], queries: own = [] }: Config): Loaded {
  const queries = new Map<string, LoadedQuery>();
  const problems: Problem[] = [];
  const add = (config: QueryConfig, at: Pick<LoadedQuery, 'path' | 'file'>): void => {
    const name = config.name ?? config.metrics?.[0]?.metric_name ?? `query ${queries.size + 1}`;
    const before = queries.get(name);
    if (before && config.name === undefined) {
      // Two queries may well begin with the same metric.
      let number = 2;
      while (queries.has(`${name} ${number}`)) number++;
      queries.set(`${name} ${number}`, { config, name: `${name} ${number}`, ...at });
    } else if (before && before.file === at.file)
      problems.push({ path: at.path, message: `${inFile(at.file)}there are two queries with the name ${name}` });
    else queries.set(name, { config: { ...before?.config, ...written(config, before) }, name, ...at });
  };
  const addFile = (path: string, at: Problem['path']): void => {
    const { found, wrong } = readQueries(path);
    problems.push(...wrong.map((message) => ({ path: at, message: `${path}: ${message}` })));
    for (const config of found) add(config, { path: at, file: path });
  };

  if (preset !== undefined) addFile(join(presets, `${preset}.yaml`), ['preset']);
  for (const [index, pattern] of patterns.entries()) {
    const paths = glob.sync(pattern, { absolute: true }).sort();
    if (paths.length === 0)
      problems.push({ path: ['query_files', index], message: `no file is found by ${JSON.stringify(pattern)}` });
    for (const path of paths) addFile(path, ['query_files', index]);
  }
  for (const [index, config] of own.entries()) add(config, { path: ['queries', index], file: undefined });
  return { queries: [...queries.values()].filter(({ config }) => config.enabled), problems };
}

export const inFile = (path: string | undefined): string => (path === undefined ? '' : `${path}: `);

/** What a query that changes another says itself: a default is not said. */
function written(config: QueryConfig, before: LoadedQuery | undefined): QueryConfig {
  if (!before) return config;
  const defaults = resolveConfig({ properties: query.properties }, {}) as Readonly<Record<string, unknown>>;
  const said = Object.entries(config).filter(([key, value]) => key === 'enabled' || value !== defaults[key]);
  return Object.fromEntries(said) as QueryConfig;
}

function readQueries(path: string): { found: readonly QueryConfig[]; wrong: readonly string[] } {
  const nothing: readonly QueryConfig[] = [];
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return { found: nothing, wrong: [`it cannot be read: ${describeError(error)}`] };
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  if (document.errors.length > 0) return { found: nothing, wrong: document.errors.map(({ message }) => message) };
  const read = readConfig(file, document.toJS());
  if ('config' in read) return { found: read.config.queries, wrong: [] };
  /** Of the nearest that is there: a key that is missing is on no line. */
  const lineAt = (at: Problem['path']): number => {
    const node = document.getIn(at, true) as { range?: [number] } | undefined;
    if (node?.range) return lines.linePos(node.range[0]).line;
    return at.length > 0 ? lineAt(at.slice(0, -1)) : 1;
  };
  return { found: nothing, wrong: read.problems.map(({ path: at, message }) => `line ${lineAt(at)}: ${message}`) };
}

/** Throws a PermanentError where something is wrong with a file. */
export function loadedQueries(config: Config): readonly LoadedQuery[] {
  const { queries, problems } = loadQueries(config);
  if (problems.length > 0) throw new PermanentError(problems.map(({ message }) => message).join('; '));
  return queries;
}
