import { expect, it } from 'vitest';
import { formatPercentage, formatValue, scaleValue } from './units.ts';

// Each of these is what the functions of github.com/google/pprof/internal/measurement answer.
it.each([
  [0, 'nanoseconds', 'auto', '0'],
  [1_500_000, 'nanoseconds', 'auto', '1.50ms'],
  [3_600_000_000_000, 'nanoseconds', 'auto', '1hrs'],
  [2, 'seconds', 'milliseconds', '2000ms'],
  [90, 'seconds', 'hours', '0.03hrs'],
  [1536, 'bytes', 'auto', '1.50kB'],
  [5, 'MB', 'bytes', '5242880B'],
  [1 << 30, 'Bytes', 'auto', '1GB'],
  [-2048, 'bytes', 'auto', '-2kB'],
  [2n ** 60n, 'bytes', 'auto', '1024PB'],
  [12, 'count', 'auto', '12'],
  [12, 'objects', 'auto', '12'],
  [12, 'objects', 'objects', '12objects'],
  [12, 'bytes', 'seconds', '12B'],
  [1250, 'milligcu', 'auto', '1.25GCU'],
  [128, 'bytes', 'kb', '0.12kB'],
  [384, 'bytes', 'kb', '0.38kB'],
  [1, 'μs', 'ns', '1000ns'],
] as const)('%s %s in %s is %s', (value, from, to, expected) => {
  expect(formatValue(value, from, to)).toBe(expected);
});

it.each([
  [1, 3, '33.33%'],
  [-1, 3, '33.33%'],
  [999, 1000, '99.90%'],
  [9996, 10_000, '  100%'],
  [1, 200, '  0.5%'],
  [1, 3000, '0.033%'],
  [1, 3_000_000, '3.3e-05%'],
  [5, 0, '    0%'],
  [2n ** 62n, 2n ** 63n, '50.00%'],
] as const)('%s of %s is %s', (value, total, expected) => {
  expect(formatPercentage(value, total)).toBe(expected);
});

it('scales to what is asked for', () => {
  expect(scaleValue(2_500, 'ms', 'seconds')).toEqual({ value: 2.5, unit: 's' });
  expect(scaleValue(7, 'samples', 'auto')).toEqual({ value: 7, unit: '' });
});
