import { expect, test } from 'vitest';
import type { Entry } from './entry.ts';
import { fit, mark } from './fit.ts';

const entry = (message: string, more: object = {}): Entry => ({ message, ddsource: 'test', ...more });

test.each([
  ['short', 'hello'],
  ['long, but not too long', 'x'.repeat(900_000)],
])('%s: as it is', (_name, message) =>
  expect(fit(entry(message))).toEqual({ text: JSON.stringify(entry(message)), isCut: false }),
);

test.each([
  ['letters', 'x'.repeat(2_000_000)],
  ['umlauts', 'ä'.repeat(1_000_000)],
  ['four bytes each', `x${'😀'.repeat(400_000)}`],
  ['what JSON escapes', '"\n'.repeat(600_000)],
  ['half a character', '\ud83d'.repeat(500_000)],
])('too long, of %s: the message is cut so that the entry fits', (_name, message) => {
  const { text, isCut } = fit(entry(message, { level: 'info' }));
  const cut = JSON.parse(text) as Entry;
  expect(isCut).toBe(true);
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1_000_000);
  expect(cut.message.endsWith(mark)).toBe(true);
  expect(cut.message.slice(0, 20)).toBe(message.toWellFormed().slice(0, 20));
  expect(cut.message.isWellFormed() && message.toWellFormed().startsWith(cut.message.slice(0, -mark.length))).toBe(
    true,
  );
  expect(Buffer.byteLength(text)).toBeGreaterThan(990_000);
  expect(cut['level']).toBe('info');
});

test('attributes alone are too large: Datadog cuts', () => {
  const large = entry('hello', { payload: 'x'.repeat(1_200_000) });
  expect(fit(large)).toEqual({ text: JSON.stringify(large), isCut: false });
});
