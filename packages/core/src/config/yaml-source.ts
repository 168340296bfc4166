import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Pair,
  parseDocument,
  type Scalar,
} from 'yaml';
import type { Diagnostic } from './diagnostics.ts';
import { maskLikelySecrets } from './mask.ts';
import { suggest } from './suggest.ts';
import type { Entry, Node, ScalarNode, Source, Span } from './tree.ts';
import { locationOf } from './tree.ts';
import { yamlDiagnostics } from './yaml-errors.ts';

export interface Parsed {
  /** Undefined if the text is not YAML. */
  readonly node?: Node;
  readonly diagnostics: readonly Diagnostic[];
}

/** Aliases of aliases grow without bound: https://en.wikipedia.org/wiki/Billion_laughs_attack */
const mostAliased = 10_000;

/** YAML 1.2 with merge keys (`<<`). */
export function parseYaml(source: Source): Parsed {
  const document = parseDocument(source.text, { merge: true, uniqueKeys: true, prettyErrors: false });
  const problems = yamlDiagnostics(source, document);
  if (problems.length > 0) return { diagnostics: problems };
  const diagnostics: Diagnostic[] = [];
  const whole: Span = { source, start: 0, end: 0 };
  const node = document.contents ? convert(document, source, diagnostics)(document.contents, whole) : nothing(whole);
  return diagnostics.length > 0 ? { diagnostics } : { node, diagnostics };
}

const nothing = (span: Span): ScalarNode => ({ kind: 'scalar', value: null, span });

function convert(document: Document, source: Source, diagnostics: Diagnostic[]) {
  const within: unknown[] = [];
  let aliased = 0;

  const span = (node: unknown): Span => {
    const [start, end] = (node as { range?: [number, number, number] }).range ?? [0, 0];
    return { source, start, end };
  };
  const report = (node: unknown, message: string, hint?: string): void => {
    diagnostics.push({ location: maskLikelySecrets(locationOf(span(node))), message, ...(hint ? { hint } : {}) });
  };

  function any(node: unknown, owner: Span): Node {
    if (isAlias(node)) return alias(node, owner);
    if (within.length > 0 && ++aliased > mostAliased) {
      if (aliased === mostAliased + 1) report(within[0], 'the aliases of this document grow too large');
      return nothing(owner);
    }
    if (isMap(node)) return { kind: 'map', entries: entries(node.items), span: span(node) };
    if (isSeq(node)) {
      const items = node.items.map((item) => any(item, span(item)));
      return { kind: 'list', items, span: span(node) };
    }
    return isScalar(node) ? scalar(node, owner) : nothing(owner);
  }

  function alias(node: Alias, owner: Span): Node {
    const target = node.resolve(document);
    if (!target) {
      const anchors = [...source.text.matchAll(/(?<=[\s[{,]|^)&([^\s[\]{},]+)/gm)].map((match) => match[1]!);
      const hint = suggest(node.source, [...new Set(anchors)], 'Anchors');
      report(node, `there is no anchor &${node.source}`, hint || 'put text that begins with * in quotes');
      return nothing(owner);
    }
    if (contains(target, node) || within.includes(target)) {
      report(node, `the alias *${node.source} refers to what it is a part of`);
      return nothing(owner);
    }
    within.push(target);
    const resolved = any(target, owner);
    within.pop();
    return resolved;
  }

  function entries(pairs: readonly unknown[]): ReadonlyMap<string, Entry> {
    const own = new Map<string, Entry>();
    const merged = new Map<string, Entry>();
    for (const pair of pairs) {
      if (!isPair(pair)) continue;
      if (isMergeKey(pair)) for (const [key, entry] of mergeKey(pair)) if (!merged.has(key)) merged.set(key, entry);
      if (isMergeKey(pair)) continue;
      const key = keyText(pair);
      if (key === undefined) continue;
      if (own.has(key)) report(pair.key, `the key "${key}" is here twice`);
      own.set(key, { key: span(pair.key), value: any(pair.value, span(pair.key)) });
    }
    for (const [key, entry] of merged) if (!own.has(key)) own.set(key, entry);
    return own;
  }

  function mergeKey({ key, value }: Pair): readonly (readonly [string, Entry])[] {
    const node = any(value, span(key));
    const maps = node.kind === 'list' ? node.items : [node];
    return maps.flatMap((map) => {
      if (map.kind === 'map') return [...map.entries];
      if (diagnostics.length === 0) report(key, '"<<" merges maps only', 'write <<: *anchor, or <<: [*first, *second]');
      return [];
    });
  }

  function keyText({ key }: Pair): string | undefined {
    if (isScalar(key) && key.value !== null) {
      const text = typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
      if (!/\$\{[A-Za-z]/.test(text)) return text;
      report(key, 'a key cannot contain ${…}', 'only values are substituted');
    } else report(key, 'a key must be text');
    return undefined;
  }

  function scalar(node: Scalar, owner: Span): Node {
    const { value, source: text = '' } = node;
    const at = span(node);
    const place = at.start === at.end ? owner : at;
    if (
      typeof value === 'number' &&
      Number.isInteger(value) &&
      !Number.isSafeInteger(value) &&
      /^[-+\dxo]+$/i.test(text)
    )
      report(
        node,
        `${text} is too large to be exact: whole numbers go up to ${Number.MAX_SAFE_INTEGER}`,
        'if it is text, put it in quotes',
      );
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      return { kind: 'scalar', value, span: place };
    return nothing(place);
  }

  return any;
}

const isMergeKey = ({ key }: Pair): boolean => isScalar(key) && key.type === 'PLAIN' && key.source === '<<';

function contains(node: unknown, part: unknown): boolean {
  const [start = 0, end = 0] = (node as { range?: [number, number, number] }).range ?? [];
  const [at = 0] = (part as { range?: [number, number, number] }).range ?? [];
  return (isMap(node) || isSeq(node)) && at > start && at < end;
}
