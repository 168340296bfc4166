import { checkDefinition } from '@millrace/core/testing';
import { describe, it } from 'vitest';
import dockerStats from './index.ts';

describe('the contract of components, with no engine there', () => {
  const config = { endpoint: 'unix:///nowhere/docker.sock' };
  for (const { name, run } of checkDefinition(dockerStats, { config })) it(name, run);
});
