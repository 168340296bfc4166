// The thread that reads what takes the read process' mmap lock: smaps_rollup, smaps and cmdline. Such a read lasts seconds
// for a process of hundreds of gigabytes, and for ever while that process holds its lock. It imports little: it starts fast.
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { Answer, Job, WorkerSetup } from './protocol.ts';
import { control, outcomes, smapsFields } from './protocol.ts';
import { addSmaps, emptyTotals } from './smaps.ts';

const { proc, smapsFile, maxOpen, shared } = workerData as WorkerSetup;
const state = new Int32Array(shared);
const port = parentPort!;
const buffer = new Uint8Array(1 << 16);
const totals = emptyTotals();

// An error a process is the usual case without privileges, and its stack would cost more than the read.
Error.stackTraceLimit = 0;

/** Readings are answered at least this often, so that few wait behind one that takes long. Milliseconds. */
const answerEvery = 10;

port.on('message', (job: Job) => (job.kind === 'smaps' ? readAllSmaps(job) : readCommandLines(job)));

function readAllSmaps({ id, pids, ended, budgetMs }: Extract<Job, { kind: 'smaps' }>): void {
  for (const pid of ended) close(pid);
  const begin = performance.now();
  const values = new Float64Array(pids.length * smapsFields);
  let answered = begin;
  let from = 0;
  let at = 0;
  let now = begin;
  for (; at < pids.length && now - begin < budgetMs && state[control.stop] === 0; at++) {
    if (now - answered >= answerEvery && at > from) {
      post({ kind: 'smaps', id, from, values: values.slice(from * smapsFields, at * smapsFields), done: false });
      [from, answered] = [at, now];
    }
    // A pid below zero is that of a young process.
    const pid = Math.abs(pids[at]!);
    state[control.pid] = pid;
    const outcome = readSmaps(pid, pids[at]! > 0);
    const after = performance.now();
    const place = at * smapsFields;
    values[place] = outcome;
    values[place + 1] = totals.rss;
    values[place + 2] = totals.pss;
    values[place + 3] = totals.uss;
    values[place + 4] = totals.swap;
    values[place + 5] = after - now;
    now = after;
  }
  state[control.pid] = 0;
  post({ kind: 'smaps', id, from, values: values.slice(from * smapsFields, at * smapsFields), done: true });
}

/** Files that stay open between scans, by pid. */
const open = new Map<number, number>();

function close(pid: number): void {
  const fd = open.get(pid);
  if (fd === undefined) return;
  open.delete(pid);
  closeSync(fd);
}

/**
 * An open file costs two thirds of what opening it at each scan does. It speaks of the memory that the process had when it
 * was opened: after the process' end or an exec it answers ESRCH, and is opened again. Only that of a child that shares its
 * parent's memory until its exec (vfork(2)) would not: so none is kept of a young process.
 */
function readSmaps(pid: number, mayKeep: boolean): number {
  const kept = open.get(pid);
  if (kept !== undefined) {
    const outcome = readTotals(kept, 0);
    if (outcome === outcomes.read) return outcome;
    close(pid);
  }
  let fd: number;
  try {
    fd = openSync(`${proc}/${pid}/${smapsFile}`, constants.O_RDONLY);
  } catch (error) {
    clear();
    return outcomeOf(error);
  }
  const outcome = readTotals(fd, null);
  if (mayKeep && open.size < maxOpen && outcome === outcomes.read) open.set(pid, fd);
  else closeSync(fd);
  return outcome;
}

function clear(): void {
  totals.rss = totals.pss = totals.uss = totals.swap = totals.lines = 0;
}

function readTotals(fd: number, position: number | null): number {
  clear();
  try {
    let rest = 0;
    let length = 0;
    do {
      length = readSync(fd, buffer, rest, buffer.length - rest, position);
      const used = addSmaps(buffer, rest + length, totals);
      rest += length - used;
      if (rest > 0) buffer.copyWithin(0, used, used + rest);
      if (position !== null) position += length;
      // One read holds the whole of smaps_rollup; smaps goes on until there is no more.
    } while (length > 0 && (smapsFile === 'smaps' || rest > 0) && rest < buffer.length);
    return totals.lines > 0 ? outcomes.read : outcomes.noMemory;
  } catch (error) {
    return outcomeOf(error);
  }
}

function readCommandLines({ id, pids }: Extract<Job, { kind: 'command_lines' }>): void {
  let answered = performance.now();
  let lines: (Uint8Array | number)[] = [];
  let from = 0;
  for (let at = 0; at < pids.length && state[control.stop] === 0; at++) {
    if (lines.length > 0 && performance.now() - answered >= answerEvery) {
      post({ kind: 'command_lines', id, from, lines, done: false });
      [lines, from, answered] = [[], at, performance.now()];
    }
    state[control.pid] = pids[at]!;
    lines.push(readCommandLine(pids[at]!));
  }
  state[control.pid] = 0;
  post({ kind: 'command_lines', id, from, lines, done: true });
}

function readCommandLine(pid: number): Uint8Array | number {
  let fd: number | undefined;
  try {
    fd = openSync(`${proc}/${pid}/cmdline`, constants.O_RDONLY);
    return buffer.slice(0, readSync(fd, buffer, 0, buffer.length, null));
  } catch (error) {
    return outcomeOf(error);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function outcomeOf(error: unknown): number {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ESRCH') return outcomes.gone;
  return code === 'EACCES' || code === 'EPERM' ? outcomes.denied : outcomes.failed;
}

function post(answer: Answer): void {
  port.postMessage(answer, answer.kind === 'smaps' ? [answer.values.buffer as ArrayBuffer] : []);
}
