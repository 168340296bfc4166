import { type Document, visit, type YAMLError } from 'yaml';
import type { Diagnostic, Location } from './diagnostics.ts';
import { maskLikelySecrets } from './mask.ts';
import type { Source } from './tree.ts';
import { locationOf } from './tree.ts';

/** The parser's complaints in our words. One a line: what follows the first is mostly its consequence. */
export function yamlDiagnostics(source: Source, document: Document): Diagnostic[] {
  const errors = [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0]);
  const diagnostics = new Map<number, Diagnostic>();
  for (const error of errors) {
    if (error.code === 'UNEXPECTED_TOKEN' && diagnostics.size > 0) continue;
    const range = openQuote(error, document) ?? endpoints(source.text, error);
    const location = locationOf({ source, ...range });
    if (diagnostics.has(location.line)) continue;
    const { message, hint } = explain(error, location);
    diagnostics.set(location.line, {
      location: maskLikelySecrets(location),
      message,
      ...(hint ? { hint } : {}),
    });
  }
  return [...diagnostics.values()];
}

/** From where a quote opens that nothing closes. */
function openQuote({ message, pos }: YAMLError, document: Document): { start: number; end: number } | undefined {
  if (!/^Missing closing .*quote$/.test(message)) return undefined;
  let opened: { start: number; end: number } | undefined;
  visit(document, {
    Scalar(_key, { type, range }) {
      const [start = 0, end = 0] = range ?? [];
      if (type?.startsWith('QUOTE') && start < pos[0] && end >= pos[0] - 1) opened = { start, end };
    },
  });
  return opened;
}

function endpoints(text: string, { code, pos: [start, end] }: YAMLError): { start: number; end: number } {
  // What is missing at the end of the text is shown at the end of its last line.
  if (start >= text.length) {
    const last = text.trimEnd().length;
    return { start: last, end: last };
  }
  if (code === 'BAD_INDENT' && text[start] === '\n') {
    const next = start + /^\s*/.exec(text.slice(start))![0].length;
    return { start: next, end: next + (/^\S+/.exec(text.slice(next))?.[0].length ?? 1) };
  }
  if (code === 'BAD_INDENT')
    return { start, end: Math.max(end, start + (/^\S+/.exec(text.slice(start))?.[0].length ?? 1)) };
  if (code === 'DUPLICATE_KEY') {
    const key = /^(?:"[^"\n]*"|'[^'\n]*'|[^:\n]+)/.exec(text.slice(start))?.[0].length ?? 1;
    return { start, end: start + key };
  }
  return { start, end };
}

const quoteHint = 'put text that begins with a special character in quotes';
const spaceHint = (line: string): string | undefined => {
  const key = /^\s*(?:- )?([\w./-]+):\S/.exec(line)?.[1];
  return key && !/:\s/.test(line) ? `a space is missing after "${key}:"` : undefined;
};

function explain(error: YAMLError, { source, column }: Location): { message: string; hint?: string | undefined } {
  const { message } = error;
  const code: string = error.code;
  const inFlow = /[[{].*\$\{/.test(source.slice(0, column + 2));
  switch (code) {
    case 'TAB_AS_INDENT':
      return { message: 'a tab cannot indent', hint: 'YAML is indented with spaces' };
    case 'DUPLICATE_KEY':
      return { message: 'this key is here twice', hint: 'keep one, or give each its own name: type/name' };
    case 'BAD_INDENT':
      if (/flow/i.test(message)) return { message: 'this does not belong to the [ or { above, which is not closed' };
      return { message: 'the indentation does not fit the lines above' };
    case 'MULTIPLE_DOCS':
      return {
        message: 'a second document begins here',
        hint: 'one file is one config; give several files to merge them',
      };
    case 'BLOCK_AS_IMPLICIT_KEY':
      return { message: 'a second "key: value" on one line', hint: 'put text that contains ": " in quotes' };
    case 'MULTILINE_IMPLICIT_KEY':
      return { message: 'a key must end on its line', hint: spaceHint(source) };
    case 'MISSING_CHAR':
      if (message.includes('quote')) return { message: 'the quote is not closed' };
      if (/must end with a [\]}]/.test(message))
        return { message: `${message.includes('}') ? '{' : '['} is not closed` };
      if (inFlow) break;
      if (message.includes('map values'))
        return { message: 'this is neither "key: value" nor an item "- value"', hint: spaceHint(source) };
      return { message: message.includes('flow') ? 'a comma is missing' : lowerFirst(message) };
    case 'BAD_SCALAR_START':
      return { message: `text cannot begin with ${message.at(-1)}`, hint: quoteHint };
    case 'BAD_DQ_ESCAPE':
      return {
        message: `${message.replace(/^Invalid escape sequence /, '')} means nothing in double quotes`,
        hint: 'in single quotes a backslash is a backslash',
      };
    case 'TAG_RESOLVE_FAILED':
      return { message: `unknown tag ${message.replace(/^Unresolved tag: /, '')}`, hint: quoteHint };
    default:
  }
  if (inFlow) return { message: '${…} inside [ ] or { } needs quotes', hint: 'write "${env:NAME}"' };
  if (code === 'UNEXPECTED_TOKEN') return { message: 'this does not belong here' };
  if (code === 'BLOCK_IN_FLOW') return { message: 'inside [ ] or { } everything is in [ ] or { }' };
  return { message: lowerFirst(message) };
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
