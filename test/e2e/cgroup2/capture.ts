// Writes tree.txt and done.json of packages/libraries/cgroup/testdata/v2-6.1-debian: what a kernel of Debian's says of cgroups whose work is known.
//   node test/e2e/cgroup2/capture.ts
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianKernel, machineMissing, runMachine } from './vm.ts';

const here = import.meta.dirname;
const target = join(here, '../../../packages/libraries/cgroup/testdata/v2-6.1-debian');

const missing = machineMissing();
if (missing !== undefined) throw new Error(`There is no virtual machine here: ${missing}.`);
const place = mkdtempSync(join(tmpdir(), 'millrace-machine-'));
try {
  const script = readFileSync(join(here, 'capture-tree.sh'), 'utf8');
  const began = performance.now();
  const console = await runMachine({ kernel: debianKernel(), place, script });
  const [, tree, done] = /^@@@ tree\n([^]*)^@@@ done\n([^]*)\n@@@ end$/m.exec(console) ?? [];
  if (tree === undefined || done === undefined) throw new Error(`The machine printed no tree:\n${console}`);
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, 'tree.txt'), tree);
  writeFileSync(
    join(target, 'done.json'),
    `{\n${done
      .split('\n')
      .map((line) => `  ${line}`)
      .join(',\n')}\n}\n`,
  );
  process.stdout.write(
    `${Math.round((performance.now() - began) / 1000)} s, ${tree.match(/^-- .* --$/gm)!.length} files\n`,
  );
} finally {
  rmSync(place, { recursive: true });
}
