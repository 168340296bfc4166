import type { AnyValue } from '@millrace/core';
import type { Entry } from './entry.ts';
import { parseField, read } from './field.ts';
import { entryError, OperatorProblem } from './problem.ts';
import type { SeverityConfig } from './schema.ts';

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

/** OTLP's SeverityNumber by name: trace is 1, trace2 is 2, …, fatal4 is 24. */
const numbers: ReadonlyMap<string, number> = new Map(
  levels.flatMap((name, level) =>
    [1, 2, 3, 4].map((step): [string, number] => [step === 1 ? name : `${name}${step}`, level * 4 + step]),
  ),
);
const names = new Map([...numbers].map(([name, number]) => [number, name.toUpperCase()]));

const aliases: Readonly<Record<string, string>> = {
  trc: 'trace',
  dbg: 'debug',
  inf: 'info',
  information: 'info',
  notice: 'info2',
  warning: 'warn',
  wrn: 'warn',
  err: 'error',
  critical: 'fatal',
  crit: 'fatal',
  alert: 'fatal3',
  emerg: 'fatal4',
  emergency: 'fatal4',
  panic: 'fatal4',
};

type Mapped = { readonly text: string } | { readonly min: number; readonly max: number };

/** Sets the entry's severity from a field. Throws an EntryError if the field is not there; an unknown value has no severity. */
export function compileSeverity(config: SeverityConfig): (entry: Entry) => void {
  const { parse_from: from, mapping = {}, preset = 'default', overwrite_text: overwrites = false } = config;
  if (from === undefined) throw new OperatorProblem('needs parse_from, such as attributes.level', 'parse_from');
  const field = parseField(from, 'parse_from');
  const texts = new Map<string, number>();
  const ranges: { min: number; max: number; severity: number }[] = [];
  if (preset === 'default') for (const [name, number] of numbers) texts.set(name, number);
  if (preset === 'extended')
    for (const [text, name] of [...numbers.keys()].map((one) => [one, one] as const).concat(Object.entries(aliases)))
      texts.set(text, numbers.get(name)!);
  for (const [name, written] of Object.entries(mapping)) {
    const severity = name === 'default' ? 0 : numbers.get(name);
    if (severity === undefined)
      throw new OperatorProblem(
        `"${name}" is not a severity: there are default, trace, trace2, … to fatal4`,
        'mapping',
      );
    for (const value of [written].flat() as unknown[])
      for (const one of mapped(value)) {
        if ('text' in one) texts.set(one.text, severity);
        else ranges.push({ ...one, severity });
      }
  }
  return (entry) => {
    const value = read(entry, field);
    if (value === undefined) throw entryError(`there is no ${from} to read the severity from`);
    const text = textOf(value);
    const severity = texts.get(text.toLowerCase()) ?? inRange(text);
    entry.severityNumber = severity === 0 ? undefined : severity;
    entry.severityText = overwrites ? names.get(severity) : text;
  };

  function inRange(text: string): number {
    const number = text === '' ? NaN : Number(text);
    return ranges.find(({ min, max }) => number >= min && number <= max)?.severity ?? 0;
  }
}

const textOf = (value: AnyValue): string => {
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  throw entryError('the severity is neither a text nor a number');
};

function mapped(value: unknown): Mapped[] {
  const hundreds = typeof value === 'string' ? /^([2-5])xx$/.exec(value)?.[1] : undefined;
  if (hundreds !== undefined) return [{ min: Number(hundreds) * 100, max: Number(hundreds) * 100 + 99 }];
  if (typeof value === 'string' || typeof value === 'number') return [{ text: String(value).toLowerCase() }];
  const { min, max } = value as { min?: number; max?: number };
  if (min === undefined || max === undefined) throw new OperatorProblem('a range needs min and max', 'mapping');
  return [{ min, max }];
}
