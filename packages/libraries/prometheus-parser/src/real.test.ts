import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { metricsBatch } from '@millrace/core';
import { render } from '@millrace/core/testing';
import { expect, test } from 'vitest';
import { cut } from '../testdata/read.ts';
import { createAssembler } from './index.ts';

const folder = join(import.meta.dirname, '../testdata');

test('the page of a real Prometheus', async () => {
  const page = readFileSync(join(folder, 'prometheus-2.42.txt'));
  const assembler = createAssembler({ scope: { name: 'test' } });
  for (const size of [page.length, 1000, 7]) {
    const open = assembler.begin({ format: 'prometheus', timeMs: 1_700_000_000_000 });
    for (const chunk of cut(page, size)) open.push(chunk);
    const { scopeMetrics, dropped, samples } = open.end();
    expect(samples).toBe(page.toString().match(/^[^#\n]/gm)?.length);
    expect(dropped.size).toBe(0);
    await expect(render(metricsBatch([{ resource: { attributes: {} }, scopeMetrics }]))).toMatchFileSnapshot(
      join(folder, 'prometheus-2.42.expected.txt'),
    );
  }
});
