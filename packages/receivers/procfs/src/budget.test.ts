import { describe, expect, it } from 'vitest';
import { readingOrder, restAfter } from './budget.ts';
import type { Process } from './process.ts';
import { procFile } from './proc-file.ts';
import { trackedProcess } from './process.ts';

function tracked(pid: number, overrides: Partial<Process>, read?: { residentPages: number; time: number }): Process {
  const process = trackedProcess(`/proc/${pid}`, {
    pid,
    startTicks: 1,
    createdAt: 0,
    kernelThread: false,
    stat: procFile(''),
    firstSeen: 0,
  });
  const memory = read && { rss: 0, pss: 0, uss: 0, swap: 0, faults: 0, cpuTicks: 0, ...read };
  return Object.assign(process, { memory, state: 0x53 }, overrides);
}

const order = (processes: Process[], budgetMs = 100, at = { scan: 5, now: 1000 }): number[] =>
  readingOrder(processes, { budgetMs, refreshMs: 500 }, at).map(({ pid }) => pid);

describe('readingOrder', () => {
  it('takes turns between the biggest change and the longest wait', () => {
    const processes = [
      tracked(1, { residentPages: 11 }, { residentPages: 10, time: 600 }),
      tracked(2, { residentPages: 900 }, { residentPages: 10, time: 990 }),
      tracked(3, { residentPages: 10 }, { residentPages: 700, time: 980 }),
      tracked(4, { residentPages: 12 }, { residentPages: 10, time: 700 }),
    ];
    expect(order(processes)).toEqual([2, 1, 3, 4]);
  });

  it('leaves out who has not moved, until the refresh', () => {
    const processes = [
      tracked(1, { residentPages: 10 }, { residentPages: 10, time: 501 }),
      tracked(2, { residentPages: 10 }, { residentPages: 10, time: 500 }),
      tracked(3, { residentPages: 10, userTicks: 1 }, { residentPages: 10, time: 999 }),
      tracked(4, { residentPages: 10, faults: 1 }, { residentPages: 10, time: 999 }),
    ];
    expect(order(processes)).toEqual([2, 3, 4]);
    expect(order(processes, 0)).toEqual([1, 2, 3, 4]);
  });

  it('leaves out who has no memory, was denied or rests', () => {
    const processes = [
      tracked(1, { residentPages: 10, state: 0x5a }),
      tracked(2, { residentPages: 10, kernelThread: true } as Partial<Process>),
      tracked(3, { residentPages: 10, smapsNotBefore: 1001 }),
      tracked(4, { residentPages: 10, smapsNotBeforeScan: 6 }),
      tracked(5, { residentPages: 10, smapsNotBefore: 1000, smapsNotBeforeScan: 5 }),
    ];
    expect(order(processes)).toEqual([5]);
  });

  it('comes to everybody, though some change much in every scan', () => {
    const processes = Array.from({ length: 20 }, (_, index) =>
      tracked(index + 1, { residentPages: 1 }, { residentPages: 0, time: index }),
    );
    const seen = new Set<number>();
    for (let scan = 0; scan < 20; scan++) {
      for (const process of processes) process.residentPages += process.pid <= 2 ? 1_000_000 : 1;
      const fits = readingOrder(processes, { budgetMs: 100, refreshMs: 1e9 }, { scan, now: 100 + scan }).slice(0, 2);
      for (const process of fits) {
        seen.add(process.pid);
        process.memory = { ...process.memory!, residentPages: process.residentPages, time: 100 + scan };
      }
    }
    expect(seen.size).toBe(20);
  });
});

it.each([
  [4000, 250, 16],
  [251, 250, 2],
  [250, 250, 0],
  [4000, 0, 0],
])('after a reading of %d ms with a budget of %d ms a process rests for %d scans', (took, budget, scans) => {
  expect(restAfter(took, budget)).toBe(scans);
});
