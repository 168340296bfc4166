import { stat, truncate } from 'node:fs/promises';
import { render, testContext } from '@millrace/core/testing';
import { batchFromJson, batchFromRequest } from '@millrace/otlp';
import { expect, test } from 'vitest';
import { at, deadline, exporter, framesOf, linesOf, logs } from '../testdata/writing.ts';

test.each<[object, (sizes: { one: number; two: number }) => number]>([
  [{}, ({ two }) => two - 10],
  [{ format: 'proto' }, ({ two }) => two - 10],
  [{ format: 'proto' }, ({ one }) => one + 3],
])('a part of a record that a crash left is cut off: %o', async (config, left) => {
  const first = await exporter({ ...config, append: true });
  await first.consume(logs('whole'));
  const { size: one } = await stat(at('out.jsonl'));
  await first.consume(logs('torn'));
  await first.shutdown!(deadline());
  const { size: two } = await stat(at('out.jsonl'));
  await truncate(at('out.jsonl'), left({ one, two }));
  const context = testContext();
  const second = await exporter({ ...config, append: true }, context);
  await second.consume(logs('after'));
  await second.shutdown!(deadline());
  const bodies =
    'format' in config
      ? (await framesOf(at('out.jsonl'))).map((frame) => render(batchFromRequest('logs', frame)))
      : (await linesOf(at('out.jsonl'))).map((line) => render(batchFromJson('logs', Buffer.from(line))));
  expect(bodies).toEqual([render(logs('whole')), render(logs('after'))]);
  expect(context.lines.map(({ message }) => message)).toEqual([
    'The file ended in a part of a record, which has been cut off.',
  ]);
});
