import { parseField, read } from '../field.ts';
import { entryError } from '../problem.ts';
import { compileSeverity } from '../severity.ts';
import { compileTimestamp } from '../time/timestamp.ts';
import { type OperatorType, stateless } from './operator.ts';
import { textAt } from './parser.ts';

/** Operators that read one field of the log data model. */
export const timeParser: OperatorType = {
  keys: ['parse_from', 'layout_type', 'layout', 'location', 'time_zone_locations'],
  required: ['parse_from', 'layout'],
  compile: (config, { now }) => stateless(compileTimestamp(config, now)),
};

export const severityParser: OperatorType = {
  keys: ['parse_from', 'preset', 'mapping', 'overwrite_text'],
  required: ['parse_from'],
  compile: (config) => stateless(compileSeverity(config)),
};

export const scopeNameParser: OperatorType = {
  keys: ['parse_from'],
  compile({ parse_from: from = 'body' }) {
    const field = parseField(from, 'parse_from');
    return stateless((entry) => void (entry.scopeName = textAt(entry, field)));
  },
};

export const traceParser: OperatorType = {
  keys: ['trace_id', 'span_id', 'trace_flags'],
  compile({ trace_id: traceId, span_id: spanId, trace_flags: flags }) {
    const ids = [
      { key: 'traceId', length: 32, field: parseField(traceId?.parse_from ?? 'body.trace_id', 'trace_id') },
      { key: 'spanId', length: 16, field: parseField(spanId?.parse_from ?? 'body.span_id', 'span_id') },
    ] as const;
    const flagsField = parseField(flags?.parse_from ?? 'body.trace_flags', 'trace_flags');
    return stateless((entry) => {
      for (const { key, length, field } of ids) {
        if (read(entry, field) === undefined) continue;
        const id = textAt(entry, field).toLowerCase();
        if (id.length !== length || /[^\da-f]/.test(id)) throw entryError(`${field.text} is not ${length} hex digits`);
        entry[key] = id;
      }
      if (read(entry, flagsField) === undefined) return;
      const written = textAt(entry, flagsField);
      if (!/^[\da-fA-F]{1,2}$/.test(written)) throw entryError(`${flagsField.text} is not two hex digits`);
      entry.flags = Number.parseInt(written, 16);
    });
  },
};
