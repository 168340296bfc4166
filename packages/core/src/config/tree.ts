import type { Location } from './diagnostics.ts';

/** A text that config was read from. */
export interface Source {
  /** For people: relative to the working directory. */
  readonly name: string;
  /** The file's absolute path; undefined for what the command line sets. */
  readonly path?: string;
  readonly text: string;
}

/** A range of a source, in UTF-16 units. */
export interface Span {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}

/** A config with the place of everything in it. Immutable: merging and substitution build another. */
export type Node = ScalarNode | ListNode | MapNode;

interface Placed {
  readonly span: Span;
  /** The text from which a substitution or `--set` made this; it stands wherever a string is wanted. */
  readonly text?: string;
  /** What stands in the config in its place: `${env:PORT}`. */
  readonly written?: string;
}

export interface ScalarNode extends Placed {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
}

export interface ListNode extends Placed {
  readonly kind: 'list';
  readonly items: readonly Node[];
}

export interface MapNode extends Placed {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, Entry>;
}

export interface Entry {
  readonly key: Span;
  readonly value: Node;
}

export type Path = readonly (string | number)[];

/** Stops at the end of its first line. */
export function locationOf({ source: { name, text }, start, end }: Span): Location {
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  let lineEnd = text.indexOf('\n', start);
  if (lineEnd < 0) lineEnd = text.length;
  if (text[lineEnd - 1] === '\r') lineEnd--;
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < lineStart; at = text.indexOf('\n', at + 1)) line++;
  return {
    file: name,
    line,
    column: start - lineStart + 1,
    length: Math.max(1, Math.min(end, lineEnd) - start),
    source: text.slice(lineStart, Math.max(lineStart, lineEnd)),
  };
}

export function entryAt(root: Node, path: Path): { readonly key?: Span; readonly value: Node } | undefined {
  let found: { key?: Span; value: Node } = { value: root };
  for (const step of path) {
    const { value } = found;
    if (value.kind === 'map') {
      const entry = value.entries.get(String(step));
      if (!entry) return undefined;
      found = entry;
    } else if (value.kind === 'list') {
      const item = value.items[Number(step)];
      if (!item) return undefined;
      found = { value: item };
    } else return undefined;
  }
  return found;
}

export function plainValue(node: Node): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(plainValue);
  // Object.fromEntries makes own properties of any name, `__proto__` too.
  return Object.fromEntries(Array.from(node.entries, ([key, { value }]) => [key, plainValue(value)]));
}
