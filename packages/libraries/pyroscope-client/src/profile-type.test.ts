import { expect, it } from 'vitest';
import { resolveType } from './profile-type.ts';

const types = [
  'process_cpu:cpu:nanoseconds:cpu:nanoseconds',
  'process_cpu:samples:count:cpu:nanoseconds',
  'goroutine:goroutine:count:goroutine:count',
  'goroutines:goroutine:count:goroutine:count',
  'memory:inuse_space:bytes:space:bytes',
  'heap:inuse_space:bytes:space:bytes',
  'mutex:delay:nanoseconds:contentions:count',
  'block:delay:nanoseconds:contentions:count',
  'process_offcpu:offcpu:nanoseconds:offcpu:nanoseconds',
  'other:offcpu:nanoseconds:offcpu:nanoseconds',
];

it.each([
  ['cpu', 'process_cpu:cpu:nanoseconds:cpu:nanoseconds'],
  ['goroutines', 'goroutines:goroutine:count:goroutine:count'],
  // As the table has it, and not the other one with such a sample type.
  ['inuse_space', 'memory:inuse_space:bytes:space:bytes'],
  ['mutex_duration', 'mutex:delay:nanoseconds:contentions:count'],
  ['block', 'block:delay:nanoseconds:contentions:count'],
  ['samples', 'process_cpu:samples:count:cpu:nanoseconds'],
  ['offcpu', 'process_offcpu:offcpu:nanoseconds:offcpu:nanoseconds'],
])('%s is %s', (name, type) => expect(resolveType(name, [...types, ...types])).toBe(type));

it('what the table has and the server has not is looked for as any other', () =>
  expect(resolveType('inuse_space', ['heap:inuse_space:bytes:space:bytes'])).toBe(
    'heap:inuse_space:bytes:space:bytes',
  ));

it.each([
  ['delay', 'delay may be any of these, so say which: block:delay:nanoseconds:contentions:count, mutex:delay:'],
  ['goroutine', 'goroutine may be any of these, so say which: goroutine:goroutine:'],
  ['wall', 'There is no profile type wall; there are block:delay:nanoseconds:contentions:count, '],
])('%s is none', (name, message) => expect(() => resolveType(name, types)).toThrow(message));
