import { expect, it } from 'vitest';
import { legacyQuery, queryOf, resourceAttributes, v1Query } from './query.ts';

const of = (query: object) => queryOf({ profile_type: 'cpu', selector: '', attributes: {}, ...query });
const cpu = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';

it.each([
  [{ query: 'app.cpu' }, 'app.cpu{}', cpu, '{service_name="app"}'],
  [
    { query: 'a.b.c.alloc_space{x="1"}' },
    'a.b.c.alloc_space{x="1"}',
    'memory:alloc_space:bytes:space:bytes',
    '{service_name="a.b.c",x="1"}',
  ],
  [
    { query: `${cpu}{service_name="app", pod=~"web-.*"}` },
    'app.cpu{pod=~"web-.*"}',
    cpu,
    '{service_name="app",pod=~"web-.*"}',
  ],
  [
    { application: 'app', selector: 'a="x, \\"y\\"", b!="z"' },
    'app.cpu{a="x, \\"y\\"",b!="z"}',
    cpu,
    '{service_name="app",a="x, \\"y\\"",b!="z"}',
  ],
  [
    { application: 'app', profile_type: 'wall:wall:nanoseconds:wall:nanoseconds' },
    'app.wall:wall:nanoseconds:wall:nanoseconds{}',
    'wall:wall:nanoseconds:wall:nanoseconds',
    '{service_name="app"}',
  ],
])('%j', (config, legacy, type, selector) => {
  const query = of(config);
  expect([legacyQuery(query), v1Query(query)]).toEqual([legacy, { type, selector }]);
});

it('has the same position however it is written', () => {
  expect(of({ query: `${cpu}{service_name="app",a="b"}` }).key).toBe(of({ application: 'app', selector: 'a="b"' }).key);
  expect(of({ query: 'app.cpu{a="b"}' }).key).not.toBe(of({ query: 'app.cpu{a="c"}' }).key);
});

it('says of the resource what has one value', () => {
  const query = of({
    application: 'app',
    selector: 'a="b",c!="d",e=~"f"',
    attributes: { 'deployment.environment.name': 'x' },
  });
  expect(resourceAttributes(query)).toEqual({ 'service.name': 'app', a: 'b', 'deployment.environment.name': 'x' });
});
