import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';

it("the README's example runs", () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-flamegraph-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');
  const [, code] = /```ts\n([^]*?)```/.exec(readme)!;
  const testdata = join(import.meta.dirname, '../../pprof/testdata');
  for (const [from, to] of [
    ['go-cpu.pb.gz', 'cpu.pb.gz'],
    ['go-heap.pb.gz', 'before.pb.gz'],
    ['go-heap-later.pb.gz', 'after.pb.gz'],
  ] as const)
    copyFileSync(join(testdata, from), join(folder, to));
  writeFileSync(join(folder, 'example.ts'), code!);
  symlinkSync(join(import.meta.dirname, '../../../../node_modules'), join(folder, 'node_modules'));
  execFileSync(process.execPath, ['-C', 'source', 'example.ts'], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  for (const name of ['cpu.html', 'cpu.svg', 'change.html'])
    expect(readFileSync(join(folder, name), 'utf8')).toMatch(/^<(?:!doctype html|svg )/);
});
