import { countOf } from './numbers.ts';
import type { Place } from './place.ts';
import type { Pressure, PressureSample, Stall } from './sample.ts';

export const unknownPressure = (): PressureSample => ({ cpu: undefined, memory: undefined, io: undefined });

/** Only version 2 has it, in every cgroup, whatever controllers are enabled. */
export function readPressure(place: Place, pressure: PressureSample): void {
  pressure.cpu = parsePressure(place.text('v2', 'cpu.pressure'));
  pressure.memory = parsePressure(place.text('v2', 'memory.pressure'));
  pressure.io = parsePressure(place.text('v2', 'io.pressure'));
}

/** https://docs.kernel.org/accounting/psi.html */
export function parsePressure(text: string | undefined): Pressure | undefined {
  if (text === undefined) return undefined;
  const some = parseStall(text, 'some');
  return some && { some, full: parseStall(text, 'full') };
}

const lines = {
  some: /^some avg10=(\d+\.\d+) avg60=(\d+\.\d+) avg300=(\d+\.\d+) total=(\d+)$/m,
  full: /^full avg10=(\d+\.\d+) avg60=(\d+\.\d+) avg300=(\d+\.\d+) total=(\d+)$/m,
} as const;

function parseStall(text: string, kind: 'some' | 'full'): Stall | undefined {
  const [, avg10, avg60, avg300, total] = lines[kind].exec(text) ?? [];
  const count = countOf(total);
  if (count === undefined) return undefined;
  return { avg10: Number(avg10), avg60: Number(avg60), avg300: Number(avg300), total: count };
}
