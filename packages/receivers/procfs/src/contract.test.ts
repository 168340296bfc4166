import { checkDefinition } from '@millrace/core/testing';
import { describe, it } from 'vitest';
import procfs from './index.ts';

describe('the contract of components', () => {
  for (const { name, run } of checkDefinition(procfs)) it(name, run);
});
