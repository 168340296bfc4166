import { expect, it } from 'vitest';
import { queryOf, resourceAttributes } from './query.ts';

const of = (query: object) => queryOf({ profile_type: 'cpu', selector: '', attributes: {}, ...query });
const cpu = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';

it('is the same however it is written', () => {
  expect(of({ application: 'app', selector: 'a="x, \\"y\\"", b!="z"' })).toEqual(
    of({ query: 'app.cpu{a="x, \\"y\\"", b!="z"}' }),
  );
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
