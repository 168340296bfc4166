// `npm run docs`: writes what is generated: the tables of the components' READMEs, and the schema of the shipped pipelines.
import { writeFileSync } from 'node:fs';
import { generated } from '../test/docs/generated.ts';

for (const { path, before, after } of await generated()) if (before !== after) writeFileSync(path, after);
