import { describe, expect, it } from 'vitest';
import { emptyStat, kernelThreadFlag, parseStat, stateName } from './stat.ts';

const rest = 'S 1 7 7 0 -1 4194560 120 0 3 0 150 50 0 0 20 0 9 0 1000 10485760 2560 18446744073709551615 1 1';

function parse(text: string | Uint8Array) {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  const stat = emptyStat();
  const whole = parseStat(bytes, bytes.length, stat);
  return { whole, stat, comm: Buffer.from(bytes.subarray(stat.commStart, stat.commEnd)) };
}

describe('parseStat', () => {
  it.each([
    ['cat'],
    ['with space'],
    ['a) R 1 (b'],
    ['((('],
    [')))'],
    ['new\nline'],
    [''],
    ['кот-процесс'],
    ['kworker/u8:2-events_unbound_and_a_name_as_long_as_the_kernel_al'],
  ])('finds the fields after the name %j', (name) => {
    const { whole, stat, comm } = parse(`7 (${name}) ${rest}\n`);
    expect(whole).toBe(true);
    expect(comm.toString()).toBe(name);
    expect(stat).toMatchObject({
      parentPid: 1,
      flags: 4194560,
      minorFaults: 120,
      majorFaults: 3,
      userTicks: 150,
      systemTicks: 50,
      threads: 9,
      startTicks: 1000,
      virtualSize: 10485760,
      residentPages: 2560,
    });
    expect(stateName(stat.state)).toBe('sleeping');
  });

  it('keeps bytes that are no UTF-8', () => {
    const text = Buffer.concat([Buffer.from('7 ('), Buffer.from([0xff, 0x29, 0xfe]), Buffer.from(`) ${rest}`)]);
    expect([...parse(text).comm]).toEqual([0xff, 0x29, 0xfe]);
  });

  it('tells kernel threads', () => {
    const { stat } = parse('2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 3 0 0 20 0 1 0 5 0 0 18446744073709551615');
    expect(stat.flags & kernelThreadFlag).not.toBe(0);
    expect(parse(`7 (cat) ${rest}`).stat.flags & kernelThreadFlag).toBe(0);
  });

  it.each([
    ['nothing', ''],
    ['no name', '7 '],
    ['no end of the name', '7 (cat'],
    ['an end after the name', '7 (cat)'],
    ['an end within the fields', '7 (cat) S 1 7 7 0 -1 4194560 120'],
    ['a field that is no number', `7 (cat) ${rest.replace('150', 'x')}`],
    ['a double space', `7 (cat) ${rest.replace(' 150', '  150')}`],
  ])('refuses %s', (_what, text) => {
    expect(parse(text).whole).toBe(false);
  });

  it('does not read on after the length', () => {
    const bytes = Buffer.from(`7 (cat) ${rest}`);
    const stat = emptyStat();
    expect(parseStat(bytes, bytes.indexOf(' 10485760'), stat)).toBe(false);
  });
});
