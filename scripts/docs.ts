// `npm run docs`: writes the generated tables of the components' READMEs. `-- --check` only says what would change.
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { componentTables } from '../test/docs/tables.ts';

const root = join(import.meta.dirname, '..');
const check = process.argv.includes('--check');
let stale = 0;
for (const file of globSync('packages/{receivers,processors,exporters,connectors,extensions}/*/README.md', {
  cwd: root,
})) {
  const path = join(root, file);
  const before = readFileSync(path, 'utf8');
  const after = await componentTables(join(path, '..'), before);
  if (after === before) continue;
  stale++;
  if (check) console.error(`${file} is out of date: npm run docs`);
  else writeFileSync(path, after);
}
if (check && stale > 0) process.exit(1);
