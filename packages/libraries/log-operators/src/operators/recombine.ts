import { isTrue, parseExpression } from '../expression/parse.ts';
import { parseField, write } from '../field.ts';
import { OperatorProblem } from '../problem.ts';
import { joiner } from './joiner.ts';
import type { OperatorType } from './operator.ts';
import { textAt } from './parser.ts';

const only = '';

/** Joins consecutive entries: stack traces, or whatever a program wrote in several lines. */
export const recombine: OperatorType = {
  keys: [
    'combine_field',
    'combine_with',
    'is_first_entry',
    'is_last_entry',
    'max_batch_size',
    'max_unmatched_batch_size',
    'max_log_size',
    'overwrite_with',
    'force_flush_period',
    'source_identifier',
    'max_sources',
  ],
  required: ['combine_field'],
  compile(config, host) {
    const { is_first_entry: first, is_last_entry: last, max_unmatched_batch_size: unmatched = 100 } = config;
    if ((first === undefined) === (last === undefined))
      throw new OperatorProblem('needs one of is_first_entry and is_last_entry');
    const matches = parseExpression((first ?? last)!);
    const field = parseField(config.combine_field!, 'combine_field');
    const maxUnmatched = unmatched === 0 ? Infinity : unmatched;
    return () => {
      const waiting = joiner(
        { read: (entry) => textAt(entry, field), write: (entry, text) => write(entry, field, text) },
        {
          separator: config.combine_with ?? '\n',
          keeps: config.overwrite_with ?? 'newest',
          maxBytes: config.max_log_size ?? 0,
          maxEntries: config.max_batch_size || 1000,
          waitMs: config.force_flush_period ?? 5_000,
        },
      );
      let hasMatched = false;
      return {
        process(entry, emit) {
          textAt(entry, field); // an entry without the field goes on alone
          const isMatch = isTrue(matches(entry));
          if (first !== undefined && isMatch) waiting.release(only, emit);
          waiting.add(only, entry, host.now());
          if (last !== undefined && isMatch) waiting.release(only, emit);
          hasMatched ||= isMatch;
          if (waiting.isFull(only) || (!hasMatched && waiting.size(only) >= maxUnmatched)) waiting.release(only, emit);
        },
        flush: waiting.flush,
        held: waiting.held,
      };
    };
  },
};
