import { describe, expect, it } from 'vitest';
import { parseEvent } from './events.ts';

const line = (action: string, rest = '') =>
  `{"status":"x","id":"abc","from":"i","Type":"container","Action":"${action}","Actor":{"ID":"abc","Attributes":{"exitCode":"137","image":"shop/web","name":"web","n":"\\"timeNano\\":1,"}},"scope":"local","time":1795260785,"timeNano":1795260785137271925${rest}}`;

describe('an event', () => {
  it('is read, with its nanoseconds exact', () => {
    expect(parseEvent(line('die'))).toEqual({
      id: 'abc',
      action: 'die',
      detail: undefined,
      time: 1795260785137,
      next: '1795260785.137271926',
      attributes: { exitCode: '137', image: 'shop/web', name: 'web', n: '"timeNano":1,' },
    });
  });

  it.each([
    { said: 'health_status: unhealthy', action: 'health_status', detail: 'unhealthy' },
    { said: 'remove', action: 'destroy', detail: undefined },
    { said: 'died', action: 'die', detail: undefined },
    { said: 'exec_start: sh -c true', action: 'exec_start', detail: 'sh -c true' },
  ])('$said', ({ said, action, detail }) => expect(parseEvent(line(said))).toMatchObject({ action, detail }));

  it('of an image is none', () =>
    expect(parseEvent('{"Type":"image","Action":"pull","Actor":{"ID":"x"}}')).toBeUndefined());

  it.each(['<html>', '[]', '{"Type":'])('%s is refused', (text) => expect(() => parseEvent(text)).toThrow(/\/events/));
});
