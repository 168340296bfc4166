import { once as happened } from 'node:events';
import { describeError } from '@millrace/core';
import { say } from '../environment.ts';
import { exitCode } from '../exit-code.ts';
import { createBoard } from './board.ts';
import { follow } from './follow.ts';
import { harmless, harmlessJson } from './harmless.ts';
import { cursorBefore, newestReports } from './newest.ts';
import { type Report, reportOf } from './report.ts';
import type { Watch } from './watch.ts';

/** Report after report: as JSON lines, or each as a table. */
export async function printReports(watch: Watch): Promise<number> {
  const { connection, clusters, json, once, count, after, signal } = watch;
  const printer = json ? jsonPrinter : tablePrinter(watch);
  let left = count;
  let from = after;

  // A script that takes JSON lines gets what comes; a reader sees something at once.
  if (once || (!json && after === undefined)) {
    const newest = await newestReports(connection, clusters, signal);
    if (newest.length === 0) say(await nothingYet(watch));
    left -= await printer.newest(newest.map((report) => JSON.stringify(report)));
    if (once) return newest.length > 0 ? exitCode.done : exitCode.failed;
    from = cursorBefore(newest);
  }
  if (left <= 0) return exitCode.done;

  let lost = false;
  for await (const happening of follow(connection, { clusters, after: from, signal })) {
    if (happening.type === 'report') {
      await printer.report(happening.json);
      left -= 1;
      if (left <= 0) break;
    } else if (happening.type === 'missed') {
      printer.missed();
      say(missedText(happening.count));
    } else if (happening.type === 'lost' && !lost) {
      lost = true;
      say(`${happening.error.message} Trying again until it is back.`);
    } else if (happening.type === 'connected' && lost) {
      lost = false;
      say(`Connected to ${connection.endpoint} again.`);
    }
  }
  return exitCode.done;
}

interface Printer {
  /** Resolves to how many reports are shown. */
  newest(reports: readonly string[]): Promise<number>;
  report(json: string): Promise<void>;
  missed(): void;
}

const jsonPrinter: Printer = {
  async newest(reports) {
    for (const json of reports) await this.report(json);
    return reports.length;
  },
  report: (json) => write(`${harmlessJson(json)}\n`),
  missed: () => {},
};

function tablePrinter({ color, once }: Watch): Printer {
  const board = createBoard();
  let first = true;
  const take = (json: string): Report | undefined => {
    try {
      const report = reportOf(json);
      board.take(report);
      return report;
    } catch (error) {
      say(`A report was left out: ${harmless(describeError(error))}.`);
      return undefined;
    }
  };
  async function show(cluster: string): Promise<void> {
    const width = process.stdout.isTTY ? process.stdout.columns || 80 : Number.POSITIVE_INFINITY;
    const lines = board.lines(cluster, { width, color }, once ? Date.now() : undefined);
    await write(`${first ? '' : '\n'}${lines.join('\n')}\n`);
    first = false;
  }
  return {
    async newest(reports) {
      for (const json of reports) take(json);
      for (const cluster of board.clusters) await show(cluster);
      return board.clusters.length;
    },
    async report(json) {
      const report = take(json);
      if (report) await show(report.cluster);
    },
    missed: () => board.renew(),
  };
}

export const missedText = (count: string | undefined): string =>
  `${count === undefined ? 'Some' : harmless(count, 20)} ${count === '1' ? 'report was' : 'reports were'} missed: they are not kept any more, or came faster than they were read.`;

/** Why there is nothing to see: a wrong name has to be told from a service that has just begun. */
export async function nothingYet({ connection, clusters, signal }: Watch): Promise<string> {
  if (clusters.length === 0) return `${connection.endpoint} holds no report yet.`;
  const reports = await newestReports(connection, [], signal);
  const held = reports.map((report) => String(Object(report).cluster)).sort();
  const names = clusters.map((name) => harmless(name, 60)).join(', ');
  return `${connection.endpoint} holds no report of ${names}. ${held.length === 0 ? 'It holds none at all yet.' : `It holds: ${harmless(held.join(', '), 1000)}`}`;
}

/** Resolves when there is room for more: a reader that is slow makes us read slower. */
async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await happened(process.stdout, 'drain');
}
