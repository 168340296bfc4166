import { readFileSync } from 'node:fs';

/** What belongs to the machine and not to one container. */
export interface Machine {
  /** Bytes of RAM. */
  readonly memory: number | undefined;
  /** Nanoseconds of CPU time of all CPUs, idle time too, without what a hypervisor took. As Docker adds them up. */
  readonly cpuTime: number | undefined;
  readonly cpus: number | undefined;
}

/** The kernel counts in ticks of 10 ms for programs, whatever its own are. */
const nanosPerTick = 10_000_000;

export function readMachine(procPath: string): Machine {
  const stat = read(`${procPath}/stat`);
  // user, nice, system, idle, iowait, irq and softirq: what comes after is steal, and guests that were counted before.
  const ticks = /^cpu +(.*)$/m.exec(stat)?.[1]?.split(' ').slice(0, 7).map(Number);
  const kilobytes = /^MemTotal:\s+(\d+) kB/m.exec(read(`${procPath}/meminfo`))?.[1];
  const cpus = stat.match(/^cpu\d/gm)?.length;
  return {
    memory: kilobytes === undefined ? undefined : Number(kilobytes) * 1024,
    cpuTime: ticks && ticks.reduce((sum, one) => sum + one, 0) * nanosPerTick,
    cpus,
  };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
