import { checkDefinition } from '@millrace/core/testing';
import { describe, it } from 'vitest';
import cgroup from './index.ts';

describe('the contract of components', () => {
  for (const { name, run } of checkDefinition(cgroup)) it(name, run);
});
