import { styleText } from 'node:util';
import type { Logger } from './component.ts';
import { describeError } from './errors.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
const colors = { debug: 'dim', info: 'green', warn: 'yellow', error: 'red' } as const;

export interface LogOptions {
  readonly level: LogLevel;
  /** `console` for people, `json` one object a line. */
  readonly encoding: 'console' | 'json';
  /** Colours, with the console encoding. */
  readonly color?: boolean;
  /** Takes one line without its end. */
  write(line: string): void;
}

/** A logger of structured lines: time, level, message, then the fields. Errors among the fields are written as sentences. */
export function createLogger({ level, encoding, color = false, write }: LogOptions): Logger {
  const lowest = levels.indexOf(level);
  const at = (own: LogLevel) => {
    if (levels.indexOf(own) < lowest) return () => {};
    return encoding === 'json'
      ? (fields: object, message: string) =>
          write(JSON.stringify({ time: new Date().toISOString(), level: own, message, ...fields }, plain))
      : (fields: object, message: string) => write(line(own, fields, { message, color }));
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** The same logger with fields that every line carries. */
export function withFields(log: Logger, fields: object): Logger {
  return {
    debug: (more, message) => log.debug({ ...fields, ...more }, message),
    info: (more, message) => log.info({ ...fields, ...more }, message),
    warn: (more, message) => log.warn({ ...fields, ...more }, message),
    error: (more, message) => log.error({ ...fields, ...more }, message),
  };
}

function line(level: LogLevel, fields: object, { message, color }: { message: string; color: boolean }): string {
  const time = new Date().toTimeString().slice(0, 8);
  const label = level.padEnd(5);
  const rest = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(
      ([key, value]) =>
        ` ${key}=${typeof value === 'string' && !/[\s="]/.test(value) ? value : JSON.stringify(plain(key, value))}`,
    )
    .join('');
  return color
    ? `${styleText('dim', time)} ${styleText(colors[level], label)} ${message}${styleText('dim', rest)}`
    : `${time} ${label} ${message}${rest}`;
}

const plain = (_key: string, value: unknown): unknown =>
  value instanceof Error ? describeError(value) : typeof value === 'bigint' ? String(value) : value;
