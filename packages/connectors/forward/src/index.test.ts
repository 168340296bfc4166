import { logsBatch, metricsBatch, PermanentError, profilesBatch, tracesBatch } from '@millrace/core';
import { checkDefinition, sink, testContext } from '@millrace/core/testing';
import { describe, expect, it } from 'vitest';
import forward from './index.ts';

describe('the contract', () => {
  for (const { name, run } of checkDefinition(forward)) it(name, run);
});

const batches = [metricsBatch([]), logsBatch([]), tracesBatch([]), profilesBatch(new Uint8Array([1]), 1)];

const pipelines = () =>
  new Map(['metrics', 'logs/a', 'logs/b', 'traces/a', 'profiles'].map((id) => [id, sink()] as const));

it('gives each pipeline the batches of its signal, as they are', async () => {
  const nexts = pipelines();
  const connector = forward.create({}, testContext(), nexts);
  for (const batch of batches) await connector.consume(batch);
  const [metrics, logs, traces, profiles] = batches;
  const got = Object.fromEntries([...nexts].map(([id, next]) => [id, next.batches]));
  expect(got).toEqual({
    metrics: [metrics],
    'logs/a': [logs],
    'logs/b': [logs],
    'traces/a': [traces],
    profiles: [profiles],
  });
  expect(nexts.get('logs/a')!.batches[0]).toBe(logs);
});

it('waits for all pipelines and passes on what one of them rejects with', async () => {
  const nexts = pipelines();
  const connector = forward.create({}, testContext(), nexts);
  nexts.get('logs/a')!.failures.push(new Error('full'));
  await expect(connector.consume(batches[1]!)).rejects.toMatchObject({
    message: '1 of 2 consumers refused the batch',
    errors: [expect.objectContaining({ message: 'full' })],
  });
  expect(nexts.get('logs/b')!.batches).toHaveLength(1);
  nexts.get('metrics')!.failures.push(new PermanentError('never'));
  await expect(connector.consume(batches[0]!)).rejects.toThrow(new PermanentError('never'));
});

it('loses nothing where no pipeline of the signal begins with it', async () => {
  const connector = forward.create({}, testContext({ id: 'forward/x' }), new Map([['metrics', sink()]]));
  await expect(connector.consume(batches[1]!)).rejects.toThrow(
    'No pipeline of logs begins with the connector forward/x.',
  );
});
