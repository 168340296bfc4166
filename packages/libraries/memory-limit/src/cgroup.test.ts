import { join } from 'node:path';
import { expect, it } from 'vitest';
import { availableMemory } from './cgroup.ts';

const mib = 1024 ** 2;

it.each([
  ['v2', 'of a cgroup above its own', 512],
  ['v2-container', 'of a container', 256],
  ['v1', 'of its own cgroup, in version 1', 1024],
  ['v1-container', 'of a container, in version 1', 128],
  ['hybrid', 'of what the mount shows, where its own cgroup is elsewhere', 64],
  ['none', 'of the machine, where there are no cgroups', 2048],
  ['nowhere', 'of the machine, where nothing can be read', 2048],
])('%s: the limit %s', (tree, _, want) => {
  expect(availableMemory(join(import.meta.dirname, '../testdata', tree), 2048 * mib)).toBe(want * mib);
});

it('is no more than the machine has', () => {
  expect(availableMemory(join(import.meta.dirname, '../testdata/v1'), 100 * mib)).toBe(100 * mib);
  expect(availableMemory()).toBeGreaterThan(10 * mib);
});
