import { digit } from './bytes.ts';

/** What is used of `/proc/<pid>/stat`; one object is filled again and again. */
export interface Stat {
  /** Where the name lies in the bytes that were parsed. */
  commStart: number;
  commEnd: number;
  /** The letter of the state, as its byte. */
  state: number;
  parentPid: number;
  flags: number;
  minorFaults: number;
  majorFaults: number;
  /** Ticks. */
  userTicks: number;
  systemTicks: number;
  threads: number;
  /** Ticks after boot. */
  startTicks: number;
  /** Bytes. */
  virtualSize: number;
  residentPages: number;
}

export const emptyStat = (): Stat => ({
  commStart: 0,
  commEnd: 0,
  state: 0,
  parentPid: 0,
  flags: 0,
  minorFaults: 0,
  majorFaults: 0,
  userTicks: 0,
  systemTicks: 0,
  threads: 0,
  startTicks: 0,
  virtualSize: 0,
  residentPages: 0,
});

/** PF_KTHREAD of the kernel's <linux/sched.h>. */
export const kernelThreadFlag = 0x00200000;

// A worker of the kernel's may show 63 bytes here, everything else at most 15 (TASK_COMM_LEN).
const longestComm = 64;
const [space, open, close, minus] = [0x20, 0x28, 0x29, 0x2d];

/**
 * proc_pid_stat(5). The name may hold anything, parentheses and newlines too, so the numbered fields are those after the
 * last `)`. False if the text is not whole.
 */
export function parseStat(bytes: Uint8Array, length: number, into: Stat): boolean {
  let at = 0;
  while (at < length && bytes[at] !== open) at++;
  into.commStart = at + 1;
  let end = Math.min(length - 1, at + 1 + longestComm);
  while (end > at && bytes[end] !== close) end--;
  if (end <= at) return false;
  into.commEnd = end;
  into.state = bytes[end + 2] ?? 0;
  at = end + 3;
  let field = 3;
  while (field < 24) {
    if (bytes[at] !== space) return false;
    at++;
    field++;
    const negative = bytes[at] === minus;
    if (negative) at++;
    let value = 0;
    const first = at;
    for (let d = digit(bytes[at]); d >= 0 && at < length; d = digit(bytes[++at])) value = value * 10 + d;
    if (at === first) return false;
    if (negative) value = -value;
    switch (field) {
      case 4:
        into.parentPid = value;
        break;
      case 9:
        into.flags = value;
        break;
      case 10:
        into.minorFaults = value;
        break;
      case 12:
        into.majorFaults = value;
        break;
      case 14:
        into.userTicks = value;
        break;
      case 15:
        into.systemTicks = value;
        break;
      case 20:
        into.threads = value;
        break;
      case 22:
        into.startTicks = value;
        break;
      case 23:
        into.virtualSize = value;
        break;
      case 24:
        into.residentPages = value;
        break;
    }
  }
  return true;
}

// The letters are those of proc_pid_stat(5); the words follow the kernel's own in /proc/<pid>/status.
const stateNames: Readonly<Record<string, string>> = {
  R: 'running',
  S: 'sleeping',
  D: 'disk_sleep',
  Z: 'zombie',
  T: 'stopped',
  t: 'tracing_stop',
  X: 'dead',
  x: 'dead',
  I: 'idle',
  P: 'parked',
  K: 'wakekill',
  W: 'waking',
};

/** Undefined for a letter that proc_pid_stat(5) does not know. */
export const stateName = (letter: number): string | undefined => stateNames[String.fromCharCode(letter)];
