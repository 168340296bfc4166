import type { Diagnostic } from './diagnostics.ts';
import { maskLikelySecrets } from './mask.ts';
import type { Entry, Node, Source } from './tree.ts';
import { entryAt, locationOf } from './tree.ts';
import { parseYaml } from './yaml-source.ts';

interface Step {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/**
 * `a.b=c` as a config of its own, to be merged over `config`. Steps are parted by dots, or by `::` where a name has dots; a
 * step may be in quotes. The value is YAML.
 */
export function parseSet(text: string, config: Node): Node | readonly Diagnostic[] {
  const source: Source = { name: `--set ${text}`, text };
  const problem = (message: string, range: { start: number; end: number }, hint?: string): readonly Diagnostic[] => [
    { location: maskLikelySecrets(locationOf({ source, ...range })), message, ...(hint ? { hint } : {}) },
  ];
  const form = 'the form is --set receivers.procfs.collection_interval=10s';
  const split = parsePath(text);
  if (split.wrong) return problem(split.wrong, { start: split.end, end: text.length }, form);
  const { steps, end } = split;

  for (let depth = 1; depth < steps.length; depth++) {
    const names = steps.slice(0, depth).map(({ name }) => name);
    if (entryAt(config, names)?.value.kind === 'list')
      return problem(`${names.join('.')} is a list`, steps[depth]!, `set it whole: --set ${names.join('.')}=[…]`);
  }

  const start = end + 1;
  // Blanks in place of the path keep every position of the value.
  const parsed = parseYaml({ ...source, text: ' '.repeat(start) + text.slice(start) });
  if (!parsed.node) return parsed.diagnostics.map((diagnostic) => relocate(diagnostic, text));
  let node = withText(place(parsed.node, source), text.slice(start));
  if (node.span.end === 0) node = { ...node, span: { source, start: steps.at(-1)!.start, end: steps.at(-1)!.end } };
  for (const { name, start: from, end: to } of [...steps].reverse()) {
    const span = { source, start: from, end: to };
    node = { kind: 'map', entries: new Map([[name, { key: span, value: node }]]), span };
  }
  return node;
}

/** A scalar that is not in quotes is text where a string is wanted. */
const withText = (node: Node, text: string): Node =>
  node.kind === 'scalar' && typeof node.value !== 'string' ? { ...node, text } : node;

const relocate = (diagnostic: Diagnostic, text: string): Diagnostic =>
  diagnostic.location
    ? { ...diagnostic, location: maskLikelySecrets({ ...diagnostic.location, source: text }) }
    : diagnostic;

function place(node: Node, source: Source): Node {
  const span = { ...node.span, source };
  if (node.kind === 'scalar') return { ...node, span };
  if (node.kind === 'list') return { ...node, items: node.items.map((item) => place(item, source)), span };
  const entries = new Map<string, Entry>();
  for (const [key, entry] of node.entries)
    entries.set(key, { key: { ...entry.key, source }, value: place(entry.value, source) });
  return { ...node, entries, span };
}

/** The steps before the `=`, and where that is. */
function parsePath(text: string): { readonly steps: readonly Step[]; readonly end: number; readonly wrong?: string } {
  const unquoted = text.replaceAll(/"[^"]*"|'[^']*'/g, (quoted) => '"'.repeat(quoted.length));
  const end = unquoted.indexOf('=');
  if (end < 0) return { steps: [], end: text.length, wrong: 'a "=" is missing' };
  const separator = unquoted.slice(0, end).includes('::') ? '::' : '.';
  const steps: Step[] = [];
  let start = 0;
  while (start <= end) {
    const found = unquoted.slice(0, end).indexOf(separator, start);
    const stop = found < 0 ? end : found;
    const written = text.slice(start, stop).trim();
    const name = /^(["']).*\1$/.test(written) ? written.slice(1, -1) : written;
    if (!name) return { steps, end: start, wrong: 'a name is missing before this' };
    steps.push({ name, start, end: stop });
    start = stop + (found < 0 ? 1 : separator.length);
  }
  return { steps, end };
}
