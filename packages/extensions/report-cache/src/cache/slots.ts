import type { Logger, Storage } from '@millrace/core';
import { describeError } from '@millrace/core';
import type { Report } from './report.ts';
import { fromStored, toStored } from './report.ts';

/**
 * Reports in storage: one a slot, the slots numbered from 0. A report that is not kept any more stays in its slot until another
 * takes it, so a report that comes is one write, which storage does whole or not at all.
 */
export interface Slots {
  /** What there is, by cursor. What cannot be read is left out, and said. */
  load(): Promise<readonly { readonly report: Report; readonly slot: number }[]>;
  /** In storage once it resolves, with the slots that they have. Where it rejects, none of them is. */
  write(reports: readonly Report[]): Promise<readonly number[]>;
  /** Another may take the slot. */
  free(slot: number): void;
  /** Takes the report out of storage, at some time. */
  erase(slot: number): void;
  /** Resolves when nothing is under way. */
  settled(): Promise<void>;
}

const extentKey = 'extent';
/** How many slots there are is written once for so many. */
const extentStep = 64;
const loadedAtOnce = 16;

export function createSlots(storage: Storage, log: Logger): Slots {
  const unused: number[] = [];
  const erasing = new Set<Promise<void>>();
  let used = 0;
  let extent = 0;
  let growing: Promise<void> = Promise.resolve();

  const keyOf = (slot: number): string => `report-${slot}`;

  async function load(slot: number): Promise<Report | undefined> {
    const bytes = await storage.get(keyOf(slot));
    if (!bytes) return undefined;
    try {
      return fromStored(bytes);
    } catch (error) {
      log.warn({ slot, error: describeError(error) }, 'A stored report is damaged: it is left out.');
      return undefined;
    }
  }

  /** No slot is written whose number the extent does not cover: it would not be found again. */
  async function cover(slot: number): Promise<void> {
    if (slot < extent) return;
    const wanted = (Math.floor(slot / extentStep) + 1) * extentStep;
    await storage.set(extentKey, Buffer.from(String(wanted)));
    extent = Math.max(extent, wanted);
  }

  async function writeOne(report: Report): Promise<number> {
    const slot = unused.pop() ?? used++;
    try {
      growing = growing.catch(() => {}).then(() => cover(slot));
      await growing;
      await storage.set(keyOf(slot), toStored(report));
      return slot;
    } catch (error) {
      unused.push(slot);
      throw error;
    }
  }

  function erase(slot: number): void {
    const erased = storage
      .delete(keyOf(slot))
      .catch((error: unknown) => log.warn({ slot, error: describeError(error) }, 'A report stays in storage.'))
      .then(() => {
        erasing.delete(erased);
        unused.push(slot);
      });
    erasing.add(erased);
  }

  return {
    async load() {
      const stored = Number(Buffer.from((await storage.get(extentKey)) ?? []).toString());
      extent = Number.isSafeInteger(stored) && stored > 0 ? stored : 0;
      used = extent;
      unused.length = 0;
      const found: { report: Report; slot: number }[] = [];
      for (let from = 0; from < extent; from += loadedAtOnce) {
        const numbers = Array.from({ length: Math.min(loadedAtOnce, extent - from) }, (_, index) => from + index);
        const reports = await Promise.all(numbers.map(load));
        for (const [index, report] of reports.entries())
          if (report) found.push({ report, slot: from + index });
          else unused.push(from + index);
      }
      return found.sort((a, b) => a.report.cursor - b.report.cursor);
    },

    async write(reports) {
      const written = await Promise.allSettled(reports.map(writeOne));
      const failed = written.find((one) => one.status === 'rejected');
      const slots = written.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      if (!failed) return slots;
      for (const slot of slots) erase(slot);
      throw new Error('The report cache cannot write to its storage', { cause: failed.reason });
    },

    free: (slot) => void unused.push(slot),

    erase,

    async settled() {
      await Promise.all(erasing);
    },
  };
}
