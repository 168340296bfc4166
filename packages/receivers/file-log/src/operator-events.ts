import { type Context, describeError } from '@millrace/core';
import type { OperatorEvents } from '@millrace/log-operators';

/** Counts what operators could not process, and says it once for each of them. */
export function createOperatorEvents(
  { id, log, meter, clock }: Context,
  dropped: (items: number, reason: string) => void,
): OperatorEvents {
  const failures = meter.createCounter('millrace_file_log_operator_errors', {
    unit: '{record}',
    description: 'Records that an operator could not process.',
  });
  const said = new Set<string>();
  return {
    now: () => clock.now(),
    failed(operator, fate, error) {
      failures.add(1, { receiver: id, operator });
      if (fate.startsWith('drop')) dropped(1, 'operator_error');
      if (said.has(operator)) return;
      said.add(operator);
      const message = fate.startsWith('drop')
        ? 'An operator cannot process a record, which is left out. Further ones are only counted.'
        : 'An operator cannot process a record, which goes on as it is. Further ones are only counted.';
      log[fate.endsWith('quiet') ? 'debug' : 'warn']({ operator, error: describeError(error) }, message);
    },
    filtered: () => dropped(1, 'filtered'),
  };
}
