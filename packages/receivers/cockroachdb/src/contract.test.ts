import { checkDefinition } from '@millrace/core/testing';
import { describe, it } from 'vitest';
import cockroachdb from './index.ts';

describe('the contract of components, with no node there', () => {
  const config = { clusters: [{ name: 'none', endpoints: ['http://127.0.0.1:1'], username: 'u', password: 'p' }] };
  for (const { name, run } of checkDefinition(cockroachdb, { config })) it(name, run);
});
