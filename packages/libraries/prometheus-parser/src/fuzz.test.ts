import { seeded } from '@millrace/core/testing';
import { namingOf, renderMetrics } from '@millrace/prometheus-text';
import { describe, expect, test } from 'vitest';
import { damage, makePage } from '../testdata/pages.ts';
import { cut, readPage } from '../testdata/read.ts';
import type { Series } from './index.ts';
import { createAssembler, createParser, PageError } from './index.ts';

const seed = Number(process.env['SEED'] ?? 20_261_121);
const rounds = Number(process.env['ROUNDS'] ?? 500);

const outcome = (chunks: readonly Uint8Array[], format: 'prometheus' | 'openmetrics'): unknown => {
  try {
    return readPage(chunks, format).samples;
  } catch (error) {
    if (!(error instanceof PageError)) throw error;
    return error.message;
  }
};

describe.each(['prometheus', 'openmetrics'] as const)('%s', (format) => {
  test('pages made at random are what they were made of, however they are cut', () => {
    const random = seeded(seed);
    for (let round = 0; round < rounds; round++) {
      const { text, samples } = makePage(random, format);
      const bytes = Buffer.from(text);
      const whole = readPage([bytes], format);
      const wanted = samples.map(({ name, labels }) => [
        name,
        Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== '')),
      ]);
      expect(
        whole.samples.map(([name, labels]) => [name, labels]),
        text,
      ).toEqual(wanted);
      expect(readPage(cut(bytes, random.int(1, 20)), format), text).toEqual(whole);
    }
  });

  test('damaged pages are read, or refused with the one error, however they are cut', () => {
    const random = seeded(seed + 1);
    let refused = 0;
    for (let round = 0; round < rounds; round++) {
      const bytes = damage(random, makePage(random, format).text);
      const whole = outcome([bytes], format);
      if (typeof whole === 'string') refused++;
      expect(outcome(cut(bytes, random.int(1, 20)), format), bytes.toString()).toEqual(whole);
    }
    expect(refused).toBeGreaterThan(rounds / 4);
    expect(refused).toBeLessThan(rounds);
  });

  test('a parser that has read other pages reads the same', () => {
    const random = seeded(seed + 2);
    let samples: unknown[] = [];
    const live = new Set<Series>();
    const parser = createParser<Series>({
      sink: {
        series(series) {
          live.add(series);
          return series;
        },
        sample: (series, value, extra) =>
          void samples.push(extra ? [series.name, series.labels, value, extra] : [series.name, series.labels, value]),
        undo: (series) => expect(live.delete(series)).toBe(true),
      },
    });
    for (let round = 0; round < rounds; round++) {
      const { text } = makePage(random, format);
      const bytes = random.chance(0.3) ? damage(random, text) : Buffer.from(text);
      samples = [];
      const page = parser.begin(format);
      try {
        for (const chunk of cut(bytes, random.int(1, 200))) page.push(chunk);
        if (random.chance(0.05)) continue;
        for (const gone of page.end().gone) expect(live.delete(gone)).toBe(true);
      } catch (error) {
        if (!(error instanceof PageError)) throw error;
        expect(outcome([bytes], format)).toBe(error.message);
        continue;
      }
      expect(samples, text).toEqual(outcome([bytes], format));
      expect(new Set(parser.targets())).toEqual(live);
    }
  });

  test('what is assembled of any page can be rendered, and read again', () => {
    const random = seeded(seed + 3);
    const assembler = createAssembler({ scope: { name: 'test' } });
    for (let round = 0; round < rounds / 3; round++) {
      const page = assembler.begin({ format, timeMs: 1000 + round });
      try {
        page.push(damage(random, makePage(random, format).text));
        const { scopeMetrics } = page.end();
        const naming = namingOf('NoTranslation');
        const text = renderMetrics([{ resource: { attributes: {} }, scopeMetrics }], { naming, format });
        readPage([Buffer.from(text)], format);
      } catch (error) {
        if (!(error instanceof PageError)) throw error;
        assembler.endAll(1000 + round);
      }
    }
  });
});

test('memory is bounded by the page, not by how many there were', () => {
  const parser = createParser<Series>({ sink: { series: (series) => series, sample: () => {} } });
  for (let round = 0; round < 200; round++) {
    const page = parser.begin('prometheus');
    const lines = Array.from({ length: 100 }, (_, at) => `a_${round}{b="${at}"} 1\n`).join('');
    page.push(Buffer.from(lines));
    if (round % 3 === 0) expect(() => page.push(Buffer.from('x x\n'))).toThrow(PageError);
    else if (round % 3 === 1) page.end();
    expect(parser.targets().length).toBeLessThanOrEqual(200);
  }
});
