import { checkDefinition } from '@millrace/core/testing';
import { it } from 'vitest';
import definition from './index.ts';

const config = { include: ['/var/log/no-such-shop/*.log'] };
for (const { name, run } of checkDefinition(definition, { config })) it(name, run);
