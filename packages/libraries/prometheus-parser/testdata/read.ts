import type { Extra, Format, Limits, Series } from '../src/index.ts';
import { createParser } from '../src/index.ts';

export interface Found {
  readonly samples: [name: string, labels: Readonly<Record<string, string>>, value: number, extra?: Extra][];
  readonly told: [kind: string, family: string, text: string][];
}

/** What a new parser reads of one page, cut into the given chunks. */
export function readPage(chunks: readonly Uint8Array[], format: Format, limits?: Partial<Limits>): Found {
  const found: Found = { samples: [], told: [] };
  const parser = createParser<Series>({
    limits,
    sink: {
      series: (series) => series,
      sample: ({ name, labels }, value, extra) =>
        void found.samples.push(extra ? [name, labels, value, extra] : [name, labels, value]),
      type: (...of) => void found.told.push(['type', ...of]),
      help: (...of) => void found.told.push(['help', ...of]),
      unit: (...of) => void found.told.push(['unit', ...of]),
    },
  });
  const page = parser.begin(format);
  for (const chunk of chunks) page.push(chunk);
  page.end();
  return found;
}

export const readText = (text: string, format: Format, limits?: Partial<Limits>): Found =>
  readPage([Buffer.from(text)], format, limits);

/** Each chunk has `size` bytes. */
export const cut = (bytes: Uint8Array, size: number): Uint8Array[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.slice(at * size, (at + 1) * size));
