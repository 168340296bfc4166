import type { Attributes } from '@millrace/core';
import { parseCommandLine } from './command-line.ts';
import type { Failures } from './failures.ts';
import type { IdentityOptions } from './identity.ts';
import { identityAttributes, readIdentity } from './identity.ts';
import type { Process } from './process.ts';
import type { Answer } from './protocol.ts';
import { outcomes } from './protocol.ts';
import type { BlockingReader } from './worker-client.ts';

export interface IdentitiesOptions extends IdentityOptions {
  readonly reader: BlockingReader;
  readonly failures: Failures;
  readonly now: () => number;
  readonly isAlive: (process: Process) => boolean;
}

/**
 * A process that is younger may still exec, drop its privileges or be moved into its cgroup under the same name: it is
 * looked at again when it is older. Milliseconds.
 */
const settledAge = 60_000;
/** Milliseconds that a scan waits for command lines; without them a process is reported with the rest of its identity. */
const patience = 2000;

/** Who the processes are: read once, and again only when that may have changed. */
export function identities({ reader, failures, now, isAlive, ...options }: IdentitiesOptions) {
  const earlier = new WeakMap<Process, Attributes>();

  function settle(process: Process): void {
    const { identity } = process;
    if (!identity) return;
    const attributes = identityAttributes(process, identity);
    const before = earlier.get(process);
    identity.attributes = before && sameAttributes(before, attributes) ? before : attributes;
    identity.included = undefined;
    if (identity.commandLine !== 'unread') earlier.set(process, identity.attributes);
  }

  return {
    /** Reads all but the command line, where it is due. */
    look(process: Process): void {
      const due =
        !process.identity ||
        (process.identifiedAt - process.createdAt < settledAge && now() - process.createdAt >= settledAge);
      if (due) {
        process.identity = readIdentity(process, { ...options, failures });
        process.identifiedAt = now();
      }
    },

    /** Reads the command lines that are missing, and gives every process its attributes. */
    async complete(processes: readonly Process[], signal?: AbortSignal): Promise<void> {
      const unread = processes.filter(({ identity }) => identity?.commandLine === 'unread');
      const take = (answer: Answer): void => {
        if (answer.kind !== 'command_lines') return;
        for (const [index, line] of answer.lines.entries()) {
          const process = unread[answer.from + index]!;
          if (!isAlive(process) || process.identity?.commandLine !== 'unread') continue;
          if (line === outcomes.denied) process.identity.denied.push('cmdline');
          else if (line === outcomes.failed) failures.failed('cmdline', undefined);
          process.identity.commandLine = typeof line === 'number' ? undefined : parseCommandLine(line);
          settle(process);
        }
      };
      if (unread.length > 0 && reader.idle)
        await reader.read(
          { kind: 'command_lines' },
          Int32Array.from(unread, ({ pid }) => pid),
          {
            take,
            signal,
            waitMs: patience,
            waitsFor: 'answer',
          },
        );
      for (const process of processes) {
        if (!process.identity?.attributes) settle(process);
        // What may not be read is told of every scan, though it is tried only once.
        for (const file of process.identity!.denied) failures.denied(file);
      }
    },
  };
}

function sameAttributes(one: Attributes, other: Attributes): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}
