import { readFile } from 'node:fs/promises';
import type { Diagnostic, Location } from './diagnostics.ts';
import { ConfigError, sortDiagnostics } from './diagnostics.ts';
import { decode, displayName, expand, unreadable } from './files.ts';
import { merge } from './merge.ts';
import { parseSet } from './set.ts';
import { type Loading, substitute } from './substitute.ts';
import type { Node, Path } from './tree.ts';
import { entryAt, locationOf, plainValue } from './tree.ts';
import { parseYaml } from './yaml-source.ts';

export interface LoadOptions {
  /** `a.b=c`, merged last, in this order. */
  readonly set?: readonly string[];
  /** The process's environment unless given. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

/** A config that has been read, merged and substituted, and not checked. */
export interface RawConfig {
  readonly value: unknown;
  /** Where a key or its value stands; undefined for what is not there, and for a config given as an object. */
  locate(path: Path, what?: 'key' | 'value'): Location | undefined;
  /** What stands in the config for a value that was substituted, and the text that came of it. */
  origin(path: Path): Origin | undefined;
  /** Absolute paths, `${file:…}` included. */
  readonly files: readonly string[];
}

export interface Origin {
  readonly text?: string | undefined;
  readonly written?: string | undefined;
}

/** Reads and merges files and globs, from left to right. Throws a ConfigError with everything that is wrong. */
export async function loadConfig(paths: readonly string[], options: LoadOptions = {}): Promise<RawConfig> {
  const loading: Loading = {
    env: options.env ?? process.env,
    cwd: options.cwd ?? process.cwd(),
    diagnostics: [],
    files: new Set(),
    includes: 0,
  };
  const { diagnostics, files } = loading;
  let root: Node | undefined;
  for (const pattern of paths) {
    const expanded = await expand(pattern, loading.cwd);
    if ('message' in expanded) {
      diagnostics.push(expanded);
      continue;
    }
    for (const path of expanded) {
      const node = await readConfig(path, loading);
      if (node) root = root ? merge(root, node) : node;
    }
  }
  root ??= { kind: 'map', entries: new Map(), span: { source: { name: '--set', text: '' }, start: 0, end: 0 } };
  // Where a file could not be read, a --set could only be wrong for that reason.
  for (const text of diagnostics.length > 0 ? [] : (options.set ?? [])) {
    const node = parseSet(text, root);
    if ('kind' in node) root = merge(root, await substitute(node, loading, []));
    else diagnostics.push(...node);
  }
  if (diagnostics.length > 0) throw new ConfigError(sortDiagnostics(diagnostics));
  return fromTree(root, [...files]);
}

async function readConfig(path: string, loading: Loading): Promise<Node | undefined> {
  const { diagnostics, files, cwd } = loading;
  files.add(path);
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    diagnostics.push(await unreadable(path, error, cwd));
    return undefined;
  }
  const source = decode({ name: displayName(path, cwd), path }, bytes);
  if ('diagnostic' in source) {
    diagnostics.push(source.diagnostic);
    return undefined;
  }
  const parsed = parseYaml(source);
  diagnostics.push(...parsed.diagnostics);
  if (!parsed.node) return undefined;
  const node = await substitute(parsed.node, loading, [path]);
  if (node.kind === 'map') return node;
  const problem = rootProblem(node);
  diagnostics.push({ location: locationOf(node.span), ...problem });
  return undefined;
}

function rootProblem(node: Exclude<Node, { kind: 'map' }>): Diagnostic {
  if (node.kind === 'scalar' && node.value === null)
    return { message: 'the file is empty', hint: 'a config has at least receivers, exporters and service' };
  const spaceless = node.kind === 'scalar' && /^(\w+):\S/.exec(String(node.value))?.[1];
  return {
    message: `a config is a map, not ${node.kind === 'list' ? 'a list' : 'a single value'}`,
    hint: spaceless ? `a space is missing after "${spaceless}:"` : 'it begins with a key: "receivers:"',
  };
}

const fromTree = (root: Node, files: readonly string[]): RawConfig => ({
  value: plainValue(root),
  files,
  locate(path, what = 'value') {
    const entry = entryAt(root, path);
    const span = what === 'key' ? (entry?.key ?? entry?.value.span) : entry?.value.span;
    return span && locationOf(span);
  },
  origin(path) {
    const { text, written } = entryAt(root, path)?.value ?? {};
    return text === undefined && written === undefined ? undefined : { text, written };
  },
});

/** A config given as an object, in a program that embeds the core. Nothing in it is substituted. */
export const rawConfig = (value: object): RawConfig => ({
  value,
  files: [],
  locate: () => undefined,
  origin: () => undefined,
});
