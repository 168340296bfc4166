import { readFileSync } from 'node:fs';
import type { Count } from '@millrace/cgroup';
import type { NetworkReading } from './reading.ts';
import { count } from './reading.ts';

/** Those that the kernel makes in each network namespace when its tunnels are loaded. */
const fallbacks = new Set(['tunl0', 'gre0', 'gretap0', 'erspan0', 'ip_vti0', 'ip6_vti0', 'sit0', 'ip6tnl0', 'ip6gre0']);

/**
 * The interfaces of the network that a process is in, but the loopback. Undefined if the process is gone. Throws where
 * `/proc/<pid>/net/dev` may not be read.
 */
export function readInterfaces(procPath: string, pid: number): ReadonlyMap<string, NetworkReading> | undefined {
  let text: string;
  try {
    text = readFileSync(`${procPath}/${pid}/net/dev`, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A process that is just ending has no network any more, which the kernel calls EINVAL.
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EINVAL') return undefined;
    throw error;
  }
  return parseInterfaces(text);
}

/** Reads the text of `net/dev`: 8 columns of what was received, then 8 of what was sent. */
export function parseInterfaces(text: string): ReadonlyMap<string, NetworkReading> {
  const interfaces = new Map<string, NetworkReading>();
  for (const line of text.split('\n').slice(2)) {
    const colon = line.lastIndexOf(':');
    if (colon < 0) continue;
    const name = line.slice(0, colon).trim();
    if (name === 'lo' || fallbacks.has(name)) continue;
    const values = line
      .slice(colon + 1)
      .trim()
      .split(/\s+/);
    interfaces.set(name, {
      rxBytes: integer(values[0]),
      rxPackets: integer(values[1]),
      rxErrors: integer(values[2]),
      rxDropped: integer(values[3]),
      txBytes: integer(values[8]),
      txPackets: integer(values[9]),
      txErrors: integer(values[10]),
      txDropped: integer(values[11]),
    });
  }
  return interfaces;
}

const integer = (text: string | undefined): Count | undefined =>
  text !== undefined && /^\d+$/.test(text) ? (text.length < 16 ? Number(text) : count(BigInt(text))) : undefined;
