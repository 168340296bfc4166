import type { Headers } from '@millrace/core';
import { expect, test } from 'vitest';
import { createResources } from './resources.ts';

const headers = { environment: 'e', service: 's', container: 'c', host: 'h' };

test('the same tags have the same resource, whatever else is sent', () => {
  const resourceOf = createResources([]);
  const first = resourceOf(headers);
  expect(resourceOf({ ...headers, 'user-agent': 'another', 'grpc-timeout': '4S' })).toBe(first);
  expect(resourceOf({ ...headers, app: '' })).not.toBe(first);
  expect(resourceOf({ ...headers, app: '' }).attributes).toEqual({ ...headers, app: '' });
  expect(resourceOf({ ...headers, database: 'x' }).attributes).toEqual({ ...headers, database: 'x' });
  expect(resourceOf(headers)).toBe(first);
  expect(Object.isFrozen(first.attributes)).toBe(true);
});

test.each<[string, Headers, object]>([
  ['host_name stands for host', { ...headers, host: undefined, host_name: 'n' }, { ...headers, host: 'n' }],
  ['host_name is preferred', { ...headers, host_name: 'n' }, { ...headers, host: 'n' }],
  ['what has no name here is ignored', { ...headers, region: 'eu', 'x-bin': 'AQI' }, headers],
  ['a key that comes twice', { ...headers, app: ['a', 'b'] }, { ...headers, app: 'a, b' }],
  ['UTF-8 that Node.js took for Latin-1', { ...headers, service: 'grÃ¶Ã\u009fe' }, { ...headers, service: 'größe' }],
])('%s', (_name, sent, want) => expect(createResources([])(sent).attributes).toEqual(want));

test('extra tags', () => {
  const resourceOf = createResources(['region', 'id-bin', 'app', 'absent']);
  expect(resourceOf({ ...headers, region: 'eu', 'id-bin': 'AQI', app: 'shop' }).attributes).toEqual({
    ...headers,
    region: 'eu',
    'id-bin': Buffer.from([1, 2]),
    app: 'shop',
  });
});

test.each([
  [{}, 'The metadata lacks environment, service, container, host (or host_name).'],
  [{ environment: 'e', container: 'c', host: 'h' }, 'The metadata lacks service.'],
  [{ environment: 'e', service: 's', container: 'c' }, 'The metadata lacks host (or host_name).'],
])('%j', (sent, message) => {
  expect(() => createResources([])(sent)).toThrow(expect.objectContaining({ message, code: 3 }));
});

test('those that nobody asks for are forgotten first', () => {
  const resourceOf = createResources([], { resources: 2, characters: 1000 });
  const of = (container: string) => resourceOf({ ...headers, container });
  const [a, b] = [of('a'), of('b')];
  expect(of('a')).toBe(a);
  of('c');
  expect(of('a')).toBe(a);
  expect(of('b')).not.toBe(b);
});

test('long ones do not add up without an end', () => {
  const resourceOf = createResources([], { resources: 100, characters: 1000 });
  const of = (container: string) => resourceOf({ ...headers, container });
  const a = of('a');
  expect(of('a')).toBe(a);
  of('b'.repeat(990));
  expect(of('a')).not.toBe(a);
  // One that has no room is made anew every time.
  expect(of('c'.repeat(2000))).toEqual(of('c'.repeat(2000)));
});
