import { expect, it } from 'vitest';
import { unitName } from './unit.ts';

it.each([
  ['By', 'byte'],
  ['KiBy', 'kibibyte'],
  ['MBy', 'megabyte'],
  ['bit', 'bit'],
  ['s', 'second'],
  ['ms', 'millisecond'],
  ['us', 'microsecond'],
  ['h', 'hour'],
  ['Hz', 'hertz'],
  ['%', 'percent'],
  ['Cel', 'degree celsius'],
  ['{request}', 'request'],
  ['{datapoint}', 'item'],
  ['By/s', 'byte/second'],
  ['{request}/s', 'request/second'],
  ['', undefined],
  ['1', undefined],
  ['mBy', undefined],
  ['Kibit', undefined],
  ['min', undefined],
  ['furlong', undefined],
  ['{furlong}', undefined],
  ['{constructor}', undefined],
  ['constructor', undefined],
  ['By/s/s', undefined],
  ['By/furlong', undefined],
])('%s is %s', (unit, name) => {
  expect(unitName(unit)).toBe(name);
  expect(unitName(unit)).toBe(name);
});
