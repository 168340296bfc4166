import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Diagnostic } from './diagnostics.ts';
import { decode, displayName, unreadable } from './files.ts';
import { maskLikelySecrets } from './mask.ts';
import { type Part, parsePlaceholders } from './placeholder.ts';
import { coreScalar } from './scalar.ts';
import { closest } from './suggest.ts';
import type { Entry, Node, ScalarNode, Source, Span } from './tree.ts';
import { locationOf } from './tree.ts';
import { parseYaml } from './yaml-source.ts';

/** What one load of a config shares. */
export interface Loading {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly diagnostics: Diagnostic[];
  /** Absolute paths of all that was read. */
  readonly files: Set<string>;
  includes: number;
}

type Placeholder = Extract<Part, { kind: 'env' | 'file' }>;

const deepest = 16;
const mostIncludes = 1000;

/** `within`: the absolute paths of the files that led here, outermost first. */
export async function substitute(node: Node, loading: Loading, within: readonly string[]): Promise<Node> {
  if (node.kind === 'list') {
    const items: Node[] = [];
    for (const item of node.items) {
      const substituted = await substitute(item, loading, within);
      // An item that is a variable without a value is not there, as a key with one is not.
      if (substituted === item || !isNothing(substituted)) items.push(substituted);
    }
    return { ...node, items };
  }
  if (node.kind === 'map') {
    const entries = new Map<string, Entry>();
    for (const [key, entry] of node.entries)
      entries.set(key, { key: entry.key, value: await substitute(entry.value, loading, within) });
    return { ...node, entries };
  }
  if (typeof node.value !== 'string' || !node.value.includes('$')) return node;
  return substituteScalar(node, node.value, { loading, within });
}

const isNothing = (node: Node): boolean => node.kind === 'scalar' && node.value === null;

interface Site {
  readonly loading: Loading;
  readonly within: readonly string[];
}

async function substituteScalar(node: ScalarNode, value: string, site: Site): Promise<Node> {
  const parts = parsePlaceholders(value);
  const [only] = parts;
  if (parts.length === 1 && only && only.kind === 'text') return { ...node, value: only.text };
  const report = (part: Part, message: string, hint?: string): void => {
    const location = maskLikelySecrets(locationOf(spanOf(node.span, value, part)));
    site.loading.diagnostics.push({ location, message, ...(hint ? { hint } : {}) });
  };
  if (parts.length === 1 && only?.kind === 'file') return includeFile(node, only, { ...site, report });
  const text = await textOf(parts, { ...site, report });
  if (text === undefined) return node;
  const typed = parts.length === 1 ? coreScalar(text) : text;
  return { kind: 'scalar', value: typed, text, written: value, span: node.span };
}

interface Reporting extends Site {
  readonly report: (part: Part, message: string, hint?: string) => void;
}

/** Undefined where something was wrong; it has been reported. */
async function textOf(parts: readonly Part[], site: Reporting): Promise<string | undefined> {
  let text: string | undefined = '';
  for (const part of parts) {
    const piece = await pieceOf(part, site);
    text = piece === undefined || text === undefined ? undefined : text + piece;
  }
  return text;
}

async function pieceOf(part: Part, site: Reporting): Promise<string | undefined> {
  const { env } = site.loading;
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'wrong':
      site.report(part, part.message, part.hint);
      return undefined;
    case 'file':
      return (await readIncluded(part, site))?.source.text.replace(/\r?\n$/, '');
    case 'env': {
      const value = Object.hasOwn(env, part.name) ? env[part.name] : undefined;
      if (value !== undefined) return value;
      if (part.fallback) return textOf(part.fallback, site);
      const near = closest(part.name, Object.keys(env));
      const meant = near === undefined ? '' : `did you mean ${near}? `;
      site.report(
        part,
        `the environment variable ${part.name} is not set`,
        `${meant}\${env:${part.name}:-default} gives it a default`,
      );
      return undefined;
    }
  }
}

/** A file that stands as a whole value: YAML if it is named so or holds a map or a list, else a scalar. */
async function includeFile(node: ScalarNode, part: Placeholder, site: Reporting): Promise<Node> {
  const read = await readIncluded(part, site);
  if (!read) return node;
  const text = read.source.text.replace(/\r?\n$/, '');
  const scalar: ScalarNode = { kind: 'scalar', value: coreScalar(text), text, written: part.written, span: node.span };
  const parsed = parseYaml(read.source);
  if (!parsed.node) {
    if (!/\.(?:ya?ml|json)$/i.test(read.path)) return scalar;
    site.loading.diagnostics.push(...parsed.diagnostics);
    return node;
  }
  if (parsed.node.kind === 'scalar') return scalar;
  const included = await substitute(parsed.node, site.loading, [...site.within, read.path]);
  return { ...included, text, written: part.written };
}

async function readIncluded(part: Placeholder, site: Reporting): Promise<{ path: string; source: Source } | undefined> {
  const { loading, within } = site;
  const from = within.at(-1);
  const path = resolve(from === undefined ? loading.cwd : dirname(from), part.name);
  const name = displayName(path, loading.cwd);
  if (within.includes(path)) {
    const chain = [...within.slice(within.indexOf(path)), path].map((file) => displayName(file, loading.cwd));
    site.report(part, `${name} includes itself: ${chain.join(' → ')}`);
    return undefined;
  }
  if (within.length > deepest || ++loading.includes > mostIncludes) {
    site.report(
      part,
      within.length > deepest
        ? `files include files more than ${deepest} deep`
        : `more than ${mostIncludes} files are included`,
    );
    return undefined;
  }
  loading.files.add(path);
  try {
    const decoded = decode({ name, path }, await readFile(path));
    if (!('diagnostic' in decoded)) return { path, source: decoded };
    site.report(part, `${name} is not text in UTF-8`);
  } catch (error) {
    const { message, hint } = await unreadable(path, error, loading.cwd);
    site.report(part, message, hint);
  }
  return undefined;
}

/** Where a part of a scalar stands in the source. Escapes and folding move it: then it is looked for. */
function spanOf(scalar: Span, value: string, part: Part): Span {
  if (part.kind === 'text') return scalar;
  const [at, length] = part.kind === 'wrong' ? [part.at, part.length] : [part.at, part.written.length];
  const { source, start, end } = scalar;
  const raw = source.text.slice(start, end);
  const direct = ["'", '"'].includes(raw[0] ?? '') ? at + 1 : at;
  const wanted = value.slice(at, at + length);
  const found = raw.startsWith(wanted, direct) ? direct : raw.indexOf(wanted.split('\n')[0]!);
  if (found < 0) return scalar;
  return { source, start: start + found, end: start + found + length };
}
