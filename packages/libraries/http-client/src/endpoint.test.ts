import { expect, it } from 'vitest';
import { checkEndpoint } from './endpoint.ts';

it.each([
  ['http://host', undefined],
  ['https://[::1]:8086/a?b=c#d', undefined],
  ['host:8086', 'logs.endpoint must be a URL that begins with http:// or https://.'],
  ['unix:///run/x.sock', 'logs.endpoint must be a URL that begins with http:// or https://.'],
  ['http://me@host', 'logs.endpoint must have no user and no password: use auth.'],
  ['http://:secret@host', 'logs.endpoint must have no user and no password: use auth.'],
])('%s', (text, message) => {
  const path = ['logs', 'endpoint'];
  expect(checkEndpoint(text, { path, instead: 'use auth' })).toEqual(message === undefined ? [] : [{ path, message }]);
});

it('has the name it is given', () => {
  expect(checkEndpoint('x', { path: ['more', 'x'], name: 'Each key', instead: 'use auth' })).toEqual([
    { path: ['more', 'x'], message: 'Each key must be a URL that begins with http:// or https://.' },
  ]);
});
