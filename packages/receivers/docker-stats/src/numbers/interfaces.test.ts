import { describe, expect, it } from 'vitest';
import { parseInterfaces, readInterfaces } from './interfaces.ts';

const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     100       1    0    0    0     0          0         0      100       1    0    0    0     0       0          0
 tunl0:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
  eth0:    1602      19    3    4    0     0          0         0 18446744073709551615       7    5    6    0     0       0          0
eth0:1:11 2 0 0 0 0 0 0 22 3 0 0 0 0 0 0
`;

describe('interfaces', () => {
  it('are read, without the loopback and what tunnels make', () => {
    expect([...parseInterfaces(text)]).toEqual([
      [
        'eth0',
        {
          rxBytes: 1602,
          rxPackets: 19,
          rxErrors: 3,
          rxDropped: 4,
          txBytes: 18446744073709551615n,
          txPackets: 7,
          txErrors: 5,
          txDropped: 6,
        },
      ],
      ['eth0:1', expect.objectContaining({ rxBytes: 11, txBytes: 22 })],
    ]);
  });

  it('of a process that is gone are not known', () => expect(readInterfaces('/proc', 2 ** 30)).toBeUndefined());
  it('of this process can be read', () => expect(readInterfaces('/proc', process.pid)).toBeInstanceOf(Map));
});
