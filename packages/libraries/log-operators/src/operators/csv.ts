import type { ValueMap } from '../entry.ts';
import { define } from '../field.ts';
import { entryError, OperatorProblem } from '../problem.ts';
import { parser } from './parser.ts';

export const csvParser = parser(
  ({ header, header_attribute: attribute, delimiter = ',', lazy_quotes: lazy = false }) => {
    if ((header === undefined) === (attribute === undefined))
      throw new OperatorProblem('needs one of header and header_attribute');
    if (delimiter.length !== 1 || /[\r\n"]/.test(delimiter))
      throw new OperatorProblem('must be one character, and no quote or line end', 'delimiter');
    const fixed = header?.split(delimiter);
    return (text, entry) => {
      const names = fixed ?? String(entry.attributes[attribute!] ?? '').split(delimiter);
      const fields = splitCsv(text, delimiter, lazy ? 'lazy' : 'strict');
      if (fields.length !== names.length)
        throw entryError(`there are ${fields.length} fields where the header has ${names.length}`);
      const map: ValueMap = {};
      for (const [index, name] of names.entries()) define(map, name, fields[index]!);
      return map;
    };
  },
  { keys: ['header', 'header_attribute', 'delimiter', 'lazy_quotes'] },
);

/** https://www.rfc-editor.org/rfc/rfc4180, one record, which may have line ends between quotes. */
function splitCsv(text: string, delimiter: string, quotes: 'lazy' | 'strict'): string[] {
  const fields: string[] = [];
  for (let at = 0; ; ) {
    if (text[at] === '"') {
      let value = '';
      for (at++; ; ) {
        const close = text.indexOf('"', at);
        if (close < 0) throw entryError('a quote is not closed');
        value += text.slice(at, close);
        at = close + 1;
        if (text[at] === '"') {
          value += '"';
          at++;
        } else if (at >= text.length || text[at] === delimiter) break;
        else if (quotes === 'lazy') value += '"';
        else throw entryError('text follows a closing quote');
      }
      fields.push(value);
    } else {
      const end = text.indexOf(delimiter, at);
      const value = text.slice(at, end < 0 ? text.length : end);
      if (quotes === 'strict' && value.includes('"')) throw entryError('a quote stands within a field');
      fields.push(value);
      at += value.length;
    }
    if (at >= text.length) return fields;
    at += 1;
  }
}
