import { entryError } from '../problem.ts';
import { compileDate } from '../time/timestamp.ts';
import type { OperatorType } from './operator.ts';
import { stateless } from './operator.ts';
import { textAt } from './parser.ts';
import { parseField } from '../field.ts';

/** `Lmmdd hh:mm:ss.uuuuuu threadid file:line] message`, or with yyyymmdd: https://github.com/google/glog */
const line = /^([IWEF])((?:\d{4})?\d{4}) (\d\d:\d\d:\d\d)(?:\.(\d{1,9}))? +(\d+) ([^\s:\]]+):(\d+)\] ?([^]*)$/;

const severities = { I: ['INFO', 9], W: ['WARNING', 13], E: ['ERROR', 17], F: ['FATAL', 21] } as const;

/** glog and klog: sets time, severity, `thread.id`, `code.file.path` and `code.line.number`; the body is the message. */
export const glogParser: OperatorType = {
  keys: ['parse_from', 'location'],
  compile({ parse_from: from = 'body', location }, { now }) {
    const field = parseField(from, 'parse_from');
    const common = { layout_type: 'strptime', location } as const;
    const withoutYear = compileDate({ ...common, layout: '%m%d %H:%M:%S.%f' }, now);
    const withYear = compileDate({ ...common, layout: '%Y%m%d %H:%M:%S.%f' }, now);
    return stateless((entry) => {
      const match = line.exec(textAt(entry, field));
      if (!match) throw entryError('is not a line of glog');
      const [, letter, date = '', time, fraction = '0', thread, file, number, message] = match;
      entry.time = (date.length === 8 ? withYear : withoutYear)(`${date} ${time}.${fraction}`);
      [entry.severityText, entry.severityNumber] = severities[letter as keyof typeof severities];
      entry.attributes['thread.id'] = Number(thread);
      entry.attributes['code.file.path'] = file!;
      entry.attributes['code.line.number'] = Number(number);
      entry.body = message!;
    });
  },
};
