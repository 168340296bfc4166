import { checkDefinition } from '@millrace/core/testing';
import { it } from 'vitest';
import definition from './index.ts';

for (const { name, run } of checkDefinition(definition, { config: { path: '/dev/null' } })) it(name, run);
