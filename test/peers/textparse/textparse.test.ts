import { seeded } from '@millrace/core/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Format } from '../../../packages/libraries/prometheus-parser/src/index.ts';
import { PageError } from '../../../packages/libraries/prometheus-parser/src/index.ts';
import { damage, makePage } from '../../../packages/libraries/prometheus-parser/testdata/pages.ts';
import { readPage } from '../../../packages/libraries/prometheus-parser/testdata/read.ts';
import { hasReader, type Read, type Reader, startReader } from './index.ts';

if (!hasReader()) console.error('!!! The reader of pages is not built: node test/peers/textparse/build.ts');

const seed = Number(process.env['SEED'] ?? 20_261_121);
const rounds = Number(process.env['ROUNDS'] ?? 2000);
const contentTypes = { prometheus: 'text/plain', openmetrics: 'application/openmetrics-text' };

/** What is refused here and not there: what Prometheus finds only when it has the labels, and what is documented. */
const stricter = [
  'is there twice',
  'is empty',
  'is not UTF-8',
  // Prometheus takes a line feed within quotes, in its own format.
  'expected a quote',
  // A label may have any number of quotes before its line feed, there.
  // Beyond what a date can be.
  'expected a timestamp',
];

/** Bounds are written in one way, there. */
const comparable = (labels: Readonly<Record<string, string>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(labels)
      .filter(([, value]) => value !== '')
      .map(([label, value]) => [
        label,
        ['le', 'quantile'].includes(label) && value.trim() !== '' && !Number.isNaN(Number(value))
          ? Number(value)
          : value,
      ]),
  );

const theirs = ({ samples }: Read): unknown[] =>
  samples.map(({ labels: { __name__: name, ...labels }, value, time, exemplar }) => [
    name?.trimStart(),
    comparable(labels),
    numberOf(value),
    time,
    exemplar && [exemplar.labels, numberOf(exemplar.value), exemplar.time],
  ]);

const ours = (page: Uint8Array, format: Format): unknown[] =>
  readPage([page], format).samples.map(([name, labels, value, extra]) => [
    name,
    comparable(labels),
    value,
    extra?.timeMs,
    extra?.exemplar && [extra.exemplar.labels, extra.exemplar.value, extra.exemplar.timeMs],
  ]);

const numberOf = (text: string): number => Number(text.replace('Inf', 'Infinity'));

describe.skipIf(!hasReader())('as Prometheus reads it', () => {
  let reader: Reader;
  beforeAll(() => {
    reader = startReader();
  });
  afterAll(() => reader.stop());

  test.each(['prometheus', 'openmetrics'] as const)('%s', async (format) => {
    const random = seeded(seed);
    const counts = { read: 0, refused: 0, stricter: 0 };
    for (let round = 0; round < rounds; round++) {
      const { text } = makePage(random, format);
      const page = round % 2 === 0 ? Buffer.from(text) : damage(random, text);
      const read = await reader.read(page, contentTypes[format]);
      let found: unknown[] | undefined;
      try {
        found = ours(page, format);
      } catch (error) {
        if (!(error instanceof PageError)) throw error;
        if (read.error === undefined) {
          counts.stricter++;
          expect(
            stricter.some((text) => error.message.includes(text)),
            `${error.message}\n${page.toString()}`,
          ).toBe(true);
        } else counts.refused++;
        continue;
      }
      // The one time before the epoch that only we take.
      if (read.error !== undefined && / -\d+\s*$/m.test(page.toString())) continue;
      expect(read.error, page.toString()).toBeUndefined();
      expect(found, page.toString()).toEqual(theirs(read));
      counts.read++;
    }
    expect(counts.read).toBeGreaterThan(rounds / 2);
    expect(counts.refused).toBeGreaterThan(rounds / 10);
    expect(counts.stricter).toBeLessThan(rounds / 20);
  });
});
