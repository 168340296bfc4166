import { excerptOf, newline } from './cursor.ts';
import { PageError } from './error.ts';
import type { Format } from './format.ts';
import type { Limits } from './limits.ts';
import { defaultLimits } from './limits.ts';
import type { Reading } from './lines.ts';
import { Lines } from './lines.ts';
import { wantedNames } from './names.ts';
import { SeriesTable } from './series-table.ts';
import type { Sink } from './series.ts';

export interface ParserOptions<T> {
  readonly sink: Sink<T>;
  /**
   * Asked about for each name of a sample, and remembered. Lines of the others are passed over without being looked at,
   * and are not counted. Default: all.
   */
  readonly wanted?: ((name: string) => boolean) | undefined;
  readonly limits?: Partial<Limits> | undefined;
}

/**
 * Reads the pages of one target, one after the other. Series are recognised by their bytes, from page to page, as in
 * Prometheus: that is several times faster than parsing them again, and keeps what the sink made of them.
 *
 * ```ts
 * const parser = createParser({ sink: { series: (series) => series, sample: (series, value) => { … } } });
 * const page = parser.begin('prometheus');
 * for await (const chunk of body) page.push(chunk);
 * const { samples, gone } = page.end();
 * ```
 */
export interface Parser<T> {
  /** Begins a page. One that was begun before and has not ended has failed. */
  begin(format: Format): Page<T>;
  /** What stands for the series that are remembered. */
  targets(): T[];
}

export interface Page<T> {
  /**
   * Throws a `PageError`, or what the sink throws. The page has then failed, and series that were new in it are forgotten.
   * The bytes are free again when this returns.
   */
  push(chunk: Uint8Array): void;
  /** Throws as `push` does, also if the page is not complete (OpenMetrics without `# EOF`). */
  end(): PageEnd<T>;
}

export interface PageEnd<T> {
  /** Lines that are samples, without those not wanted. Those that the sink did not take are among them. */
  readonly samples: number;
  /** Those of them that the sink took. */
  readonly taken: number;
  /** Series that were not in the last page and were taken. */
  readonly added: number;
  /** What stood for the series that were in the last page and are not in this one. */
  readonly gone: readonly T[];
  readonly bytes: number;
}

export function createParser<T>({ sink, wanted, limits: given }: ParserOptions<T>): Parser<T> {
  const limits: Limits = { ...defaultLimits, ...given };
  const table = new SeriesTable<T>();
  const names = wanted && wantedNames(wanted);
  let number = 0;
  let abandon: (() => void) | undefined;

  function forgetNew(page: number): void {
    const { addedIn } = table.columns;
    for (const target of table.filter((series) => addedIn[series] !== page))
      if (target !== undefined) sink.undo?.(target);
  }

  function forgetGone(page: number): T[] {
    const { seenIn } = table.columns;
    return taken(table.filter((series) => seenIn[series] === page));
  }

  return {
    begin(format) {
      abandon?.();
      const page = ++number;
      const reading: Reading<T> = { format, sink, table, names, limits, number: page };
      const fail = (): void => {
        abandon = undefined;
        forgetNew(page);
      };
      abandon = fail;
      const { push, end } = createPage(reading);
      /** A page that has failed takes nothing more. */
      const guarded = <Result>(run: () => Result): Result => {
        if (abandon !== fail) throw new Error('This page has ended or failed.');
        try {
          return run();
        } catch (error) {
          fail();
          throw error;
        }
      };
      return {
        push: (chunk) => guarded(() => push(chunk)),
        end: () =>
          guarded(() => {
            const { series, ...counts } = end();
            abandon = undefined;
            return { ...counts, gone: series < table.count ? forgetGone(page) : [] };
          }),
      };
    },
    targets: () => taken(table.targets),
  };
}

/** Without those that the sink does not take. */
const taken = <T>(targets: readonly (T | undefined)[]): T[] =>
  targets.filter((target): target is T => target !== undefined);

/** Puts chunks together into lines. */
function createPage<T>(reading: Reading<T>) {
  const { limits, format } = reading;
  const lines = new Lines(reading);
  /** The beginning of a line whose end has not come yet. */
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let bytes = 0;

  const limit = (message: string, at: Buffer): PageError =>
    new PageError(message, { kind: 'limit', line: lines.cursor.line + 1, excerpt: excerptOf(at) });

  function keep(rest: Buffer): void {
    if (rest.length === 0) return;
    pendingBytes += rest.length;
    // A copy: the chunk is the caller's again.
    pending.push(Buffer.from(rest));
    if (pendingBytes > limits.lineBytes) throw limit(`longer than ${limits.lineBytes} bytes`, Buffer.concat(pending));
  }

  function finishPending(rest: Buffer): void {
    const line = Buffer.concat([...pending, rest]);
    pending = [];
    pendingBytes = 0;
    if (line.length > limits.lineBytes + 1) throw limit(`longer than ${limits.lineBytes} bytes`, line);
    lines.read(line, 0, line.length);
  }

  return {
    push(chunk: Uint8Array): void {
      const buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      bytes += buffer.length;
      if (bytes > limits.pageBytes) throw limit(`the page is longer than ${limits.pageBytes} bytes`, Buffer.alloc(0));
      let from = 0;
      if (pendingBytes > 0) {
        const end = buffer.indexOf(newline);
        if (end < 0) return keep(buffer);
        finishPending(buffer.subarray(0, end + 1));
        from = end + 1;
      }
      const to = buffer.lastIndexOf(newline) + 1;
      lines.read(buffer, from, Math.max(from, to));
      return keep(buffer.subarray(Math.max(from, to)));
    },
    end() {
      if (pendingBytes > 0) finishPending(Buffer.from('\n'));
      const { cursor } = lines;
      if (format === 'openmetrics' && !lines.ended)
        throw new PageError('the page does not end with # EOF', { kind: 'syntax', line: cursor.line + 1, excerpt: '' });
      lines.finish();
      const { samples, taken, added, series } = lines;
      return { samples, taken, added, series, bytes };
    },
  };
}
