import { expect, it } from 'vitest';
import { legacyQuery, parseMatchers, parseQuery, queryKey, v1Query } from './query.ts';

const cpu = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';

it.each([
  ['app.cpu', 'app.cpu{}', cpu, '{service_name="app"}'],
  [
    'a.b.c.alloc_space{x="1"}',
    'a.b.c.alloc_space{x="1"}',
    'memory:alloc_space:bytes:space:bytes',
    '{service_name="a.b.c",x="1"}',
  ],
  [`${cpu}{service_name="app", pod=~"web-.*"}`, 'app.cpu{pod=~"web-.*"}', cpu, '{service_name="app",pod=~"web-.*"}'],
  [
    ' app.cpu { a = "x, \\"y\\" }", b != "z" } ',
    'app.cpu{a="x, \\"y\\" }",b!="z"}',
    cpu,
    '{service_name="app",a="x, \\"y\\" }",b!="z"}',
  ],
  [`${cpu}{a="b"}`, '.cpu{a="b"}', cpu, '{a="b"}'],
])('%s', (text, legacy, type, selector) => {
  const query = parseQuery(text);
  expect([legacyQuery(query), v1Query(query)]).toEqual([legacy, { type, selector }]);
  expect(parseQuery(`${type}${selector}`)).toEqual({ ...query, profileType: type });
});

it('a name without a dot is an application if it is said of which profile type', () => {
  expect(parseQuery('app{a="b"}', { profileType: 'wall' })).toEqual({
    application: 'app',
    profileType: 'wall',
    matchers: [{ label: 'a', operator: '=', value: 'b' }],
  });
  expect(parseQuery('my.app', { profileType: 'wall' })).toMatchObject({ application: 'my', profileType: 'app' });
});

it.each(['', 'app', '.cpu', 'app.', '{a="b"}'])('%j is none', (text) =>
  expect(() => parseQuery(text)).toThrow(
    `${JSON.stringify(text)} begins neither with an application and its profile type, app.cpu, nor with the five parts`,
  ),
);

it.each([
  ['a=b', 'a=b'],
  ['a="b" c="d"', 'a="b" c="d"'],
  ['a="b', 'a="b'],
  ['x="1",1a="b"', '1a="b"'],
])('the selector %s cannot be read from %s on', (text, from) =>
  expect(() => parseMatchers(text)).toThrow(`cannot be read from ${JSON.stringify(from)} on`),
);

it.each(['app.cpu{', 'app.cpu{a="b"', `${cpu}{`])('%s has a brace that is not closed', (text) =>
  expect(() => parseQuery(text)).toThrow('The selector is not closed'),
);

it('a profile type of Grafana Pyroscope is known by a short name, or has five parts', () =>
  expect(() => v1Query(parseQuery('app.wall'))).toThrow('wall is no profile type of Grafana Pyroscope'));

it('the key is the same however the query is written', () => {
  expect(queryKey(parseQuery(`${cpu}{service_name="app",a="b"}`))).toBe(queryKey(parseQuery('app.cpu{ a="b" }')));
  expect(queryKey(parseQuery('app.cpu{a="b"}'))).not.toBe(queryKey(parseQuery('app.cpu{a="c"}')));
  expect(queryKey(parseQuery('app.cpu{a="b/c"}'))).toMatch(/^[\w%.~()'!*-]+$/);
});
