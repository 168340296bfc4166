import { resolveConfig } from '@millrace/core';
import { expect, it } from 'vitest';
import { targetKeys } from '../config/target.ts';
import { wantedProfiles } from './profiles.ts';

const off = { enabled: false };
const none = { process_cpu: off, memory: off, goroutine: off, mutex: off, block: off };
const plain = { durationMs: undefined, delta: false, isCumulative: false };

it.each([
  ['of the CPU over a time', { process_cpu: {} }, { path: '/debug/pprof/profile?seconds=14', durationMs: 14_000 }],
  [
    'of the CPU, as Alloy says it',
    { process_cpu: { delta: true } },
    { path: '/debug/pprof/profile?seconds=14', durationMs: 14_000 },
  ],
  [
    'of the CPU at a path with a query',
    { process_cpu: { path: '/cpu?rate=99' } },
    { path: '/cpu?rate=99&seconds=14', durationMs: 14_000 },
  ],
  [
    'of the CPU over a time of its own',
    { process_cpu: { path: '/cpu?seconds=5' } },
    { path: '/cpu?seconds=5', durationMs: 5_000 },
  ],
  ['of what has come since the last one', { mutex: {} }, { path: '/debug/pprof/mutex', delta: true }],
  [
    'as it counts from the start',
    { mutex: { delta: false } },
    { path: '/debug/pprof/mutex', delta: false, isCumulative: true },
  ],
  [
    'that the program itself subtracts',
    { mutex: { path: '/debug/pprof/mutex?seconds=10' } },
    { path: '/debug/pprof/mutex?seconds=10', durationMs: 10_000 },
  ],
  [
    'of a name of its own over a time',
    { custom: { waits: { path: '/waits?seconds=20', delta: true } } },
    { name: 'waits', path: '/waits?seconds=20', durationMs: 20_000 },
  ],
  [
    'of a name of its own',
    { custom: { waits: { path: '/waits?seconds=x' } } },
    { name: 'waits', path: '/waits?seconds=x' },
  ],
])('a profile %s', (_name, profiles: object, want: object) => {
  const schema = { properties: targetKeys } as const;
  const wanted = wantedProfiles(resolveConfig(schema, { profiles: { ...none, ...profiles } }));
  expect(wanted).toEqual([{ name: Object.keys(profiles)[0], ...plain, ...want }]);
});
