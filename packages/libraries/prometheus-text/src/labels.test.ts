import { describe, expect, test } from 'vitest';
import { labelRenderer } from './labels.ts';
import type { LabelOptions } from './labels.ts';
import { namingOf } from './names.ts';

const naming = namingOf('UnderscoreEscapingWithSuffixes');
const render = (
  attributes: Parameters<ReturnType<typeof labelRenderer>>[0],
  options: Partial<LabelOptions> = {},
): string => labelRenderer({ naming, fixed: [], ...options })(attributes);

describe('labels', () => {
  test('are sorted whatever the order of the attributes', () => {
    expect(render({ b: 1, a: 2 })).toBe('a="2",b="1"');
    expect(render({ a: 2, b: 1 })).toBe('a="2",b="1"');
  });

  test('of one name have their values joined in the order of the attribute names', () => {
    expect(render({ a_b: '3', 'a.b': '2', 'a-b': '1' })).toBe('a_b="1;2;3"');
  });

  test('without a value are left out', () => {
    expect(render({ a: '', b: null, c: undefined, d: 'x' })).toBe('d="x"');
    expect(render({ 'a.b': '', a_b: 'x' })).toBe('a_b="x"');
  });

  test('of the resource and the point come in one order', () => {
    const fixed = [
      { key: 'service.name', label: 'job', value: 'api' },
      { key: 'host.name', label: 'host_name', value: 'h' },
    ];
    expect(render({ a: '1', z: '2' }, { fixed })).toBe('a="1",host_name="h",job="api",z="2"');
  });

  test('of a point win over those of its resource with the same name', () => {
    const fixed = [{ key: 'host.name', label: 'host_name', value: 'resource' }];
    expect(render({ 'host.name': 'point' }, { fixed })).toBe('host_name="point"');
  });

  test('that only look the same are joined', () => {
    const fixed = [{ key: 'service.name', label: 'job', value: 'api' }];
    expect(render({ job: 'mine' }, { fixed })).toBe('job="mine;api"');
    expect(render({ 'service.name': 'mine' }, { fixed })).toBe('job="api",service_name="mine"');
  });

  test('that are weak give way', () => {
    const fixed = [{ key: 'site', label: 'site', value: 'default', weak: true }];
    expect(render({ site: 'own' }, { fixed })).toBe('site="own"');
    expect(render({}, { fixed })).toBe('site="default"');
  });

  test('that the page writes itself are not taken', () => {
    expect(render({ le: 'x', exported_le: 'y' }, { reserved: 'le' })).toBe('exported_le="y;x"');
  });

  test('beyond the classic alphabet are quoted in UTF-8', () => {
    expect(render({ 'a.b': '1', c: '2', 'q"': '3' }, { naming: namingOf('NoTranslation') })).toBe(
      '"a.b"="1",c="2","q\\""="3"',
    );
  });

  test('stay right over many shapes', () => {
    const renderer = labelRenderer({ naming, fixed: [] });
    for (let index = 0; index < 2000; index += 1)
      expect(renderer({ [`k${index}`]: index })).toBe(`k${index}="${index}"`);
  });
});
