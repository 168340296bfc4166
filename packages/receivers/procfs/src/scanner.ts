import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context, Scrape, ScraperInstance } from '@millrace/core';
import { dropCounter } from '@millrace/core';
import { inSlices } from '@millrace/polling';
import type { Config } from './config.ts';
import type { Wanted } from './details.ts';
import { detailsReader } from './details.ts';
import { failures } from './failures.ts';
import { processFilter } from './filter.ts';
import type { Host } from './host.ts';
import { inspectHost, parseUptime } from './host.ts';
import { identities } from './identities.ts';
import { memoryReadings } from './memory.ts';
import type { metrics } from './metrics.ts';
import { userNames } from './passwd.ts';
import type { Process } from './process.ts';
import { openFileRoom, procFiles } from './proc-file.ts';
import { record } from './record.ts';
import { processTable } from './table.ts';
import { blockingReader } from './worker-client.ts';

type Run = Scrape<typeof metrics>;

/** Scans /proc: who is there, then what each is doing, then what its memory holds, then the points. */
export function createScanner(config: Config, context: Context): ScraperInstance<typeof metrics> {
  let scanner: ReturnType<typeof openScanner> | undefined;
  const open = () => (scanner ??= openScanner(config, context, inspectHost(config.root_path)));
  return {
    start: async () => open().baseline(),
    scrape: async (run) => open().scrape(run),
    async shutdown(signal) {
      await scanner?.shutdown(signal);
      scanner = undefined;
    },
  };
}

function openScanner(config: Config, context: Context, host: Host) {
  const { clock, log, meter } = context;
  const now = clock.now;
  const room = openFileRoom(host.proc, config.max_open_files);
  // A third of them for smaps_rollup, the rest for stat and io.
  const files = procFiles(Math.ceil((room * 2) / 3));
  const unreadable = meter.createCounter('millrace_procfs_unreadable_files', {
    unit: '{file}',
    description: 'Files of processes that could not be read, by file.',
  });
  const failed = failures((file) => unreadable.add(1, { component: context.id, file }));
  const dropped = dropCounter(context);
  const users = userNames(join(config.root_path, 'etc/passwd'));
  const table = processTable({ ...host, files, failures: failed, now });
  const isAlive = (process: Process): boolean => table.processes.get(process.pid) === process;
  const reader = blockingReader(
    { ...host, maxOpen: host.smapsFile === 'smaps_rollup' ? Math.floor(room / 3) : 0 },
    log,
  );
  const identity = identities({ reader, failures: failed, now, isAlive, files, userName: users.name });
  const isIncluded = processFilter(config.include, config.exclude);
  const readDetails = detailsReader({ ...host, files, failures: failed, now, retryMs: config.smaps.refresh });
  const memory = memoryReadings({
    reader,
    failures: failed,
    now,
    isAlive,
    takeEnded: table.takeEnded,
    budgetMs: config.smaps.budget,
    refreshMs: config.smaps.refresh,
  });
  let scans = 0;

  /** The processes that are there and pass the filters. */
  async function survey(signal?: AbortSignal): Promise<Process[]> {
    const scan = ++scans;
    failed.reset();
    users.refresh();
    const alive: Process[] = [];
    await inSlices(
      await readdir(host.proc),
      (name) => {
        const pid = Number(name);
        if (!Number.isInteger(pid)) return;
        const process = table.refresh(pid, scan);
        if (!process || (process.kernelThread && !config.kernel_threads)) return;
        identity.look(process);
        alive.push(process);
      },
      signal,
    );
    if (signal?.aborted) return [];
    table.evict(scan);
    await identity.complete(alive, signal);
    return alive.filter((process) => (process.identity!.included ??= isIncluded(process.identity!)));
  }

  /** Those with the most resident memory, where there are too many. */
  function biggest(processes: Process[]): Process[] {
    const { max_processes } = config;
    if (max_processes === 0 || processes.length <= max_processes) return processes;
    dropped(processes.length - max_processes, 'max_processes');
    return processes.toSorted((a, b) => b.residentPages - a.residentPages).slice(0, max_processes);
  }

  const isBigEnough = ({ memory }: Process): boolean => !memory || memory.uss >= config.min_uss;

  async function scrape(run: Run): Promise<void> {
    const processes = biggest(await survey(run.signal));
    const reading = wantsMemory(run) ? memory.read(processes, scans, run.signal) : undefined;
    const wanted = wantedFiles(run);
    await inSlices(processes, (process) => readDetails(process, wanted), run.signal);
    await reading;
    if (run.signal.aborted) return;
    const options = { ...host, maxAgeMs: config.smaps.max_age, uptime: readUptime() };
    await inSlices(processes, (process) => isBigEnough(process) && record(run, process, options), run.signal);
    const summary = failed.summary();
    if (summary) run.fail(summary);
  }

  function readUptime(): number {
    try {
      const length = files.readOnce(join(host.proc, 'uptime'));
      return parseUptime(Buffer.from(files.buffer.subarray(0, length)).toString('latin1'));
    } catch {
      return Number.NaN;
    }
  }

  return {
    /** The CPU times that the first scrape compares with. */
    async baseline(): Promise<void> {
      reader.warmUp();
      await survey();
    },
    scrape,
    async shutdown(signal: AbortSignal): Promise<void> {
      table.clear();
      await reader.shutdown(signal);
    },
  };
}

const wantsMemory = (run: Run): boolean =>
  run.wants('process.memory.pss') ||
  run.wants('process.memory.uss') ||
  run.wants('process.memory.swap') ||
  run.wants('process.memory.smaps.age');

const wantedFiles = (run: Run): Wanted => ({
  io: run.wants('process.disk.io'),
  contextSwitches: run.wants('process.context_switches'),
  openFiles: run.wants('process.unix.file_descriptor.count') || run.wants('process.unix.file_descriptor.utilization'),
  openFilesLimit: run.wants('process.unix.file_descriptor.utilization'),
});
