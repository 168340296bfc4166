import { container } from './container.ts';
import { csvParser } from './csv.ts';
import { scopeNameParser, severityParser, timeParser, traceParser } from './fields.ts';
import { glogParser } from './glog.ts';
import { jsonParser } from './json.ts';
import { keyValueParser, logfmtParser } from './key-value.ts';
import { add, copy, filter, flatten, move, noop, remove, retain, router, unquote } from './moves.ts';
import type { OperatorType } from './operator.ts';
import { recombine } from './recombine.ts';
import { regexParser } from './regex.ts';

export const operatorTypes: Readonly<Record<string, OperatorType>> = {
  add,
  container,
  copy,
  csv_parser: csvParser,
  filter,
  flatten,
  glog_parser: glogParser,
  json_parser: jsonParser,
  key_value_parser: keyValueParser,
  logfmt_parser: logfmtParser,
  move,
  noop,
  recombine,
  regex_parser: regexParser,
  remove,
  retain,
  router,
  scope_name_parser: scopeNameParser,
  severity_parser: severityParser,
  time_parser: timeParser,
  trace_parser: traceParser,
  unquote,
};
