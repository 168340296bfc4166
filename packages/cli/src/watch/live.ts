import { describeError } from '@millrace/core';
import { exitCode } from '../exit-code.ts';
import { createBoard } from './board.ts';
import { follow, type Happening } from './follow.ts';
import { harmless } from './harmless.ts';
import { type Key, openLiveScreen } from './live-screen.ts';
import { cursorBefore, newestReports } from './newest.ts';
import { picture } from './picture.ts';
import { missedText, nothingYet } from './print-reports.ts';
import { reportOf } from './report.ts';
import { type Page, wrap } from './table.ts';
import type { Watch } from './watch.ts';

/** The whole terminal, until `quit` is called, which aborts the watch's signal. */
export async function watchLive(watch: Watch, quit: () => void): Promise<number> {
  const { connection, clusters, after, color, signal } = watch;
  const shown = createShown(watch);
  let from = after;
  if (after === undefined) {
    const newest = await newestReports(connection, clusters, signal);
    for (const report of newest) shown.take(JSON.stringify(report));
    if (newest.length === 0) shown.empty(await nothingYet(watch));
    from = cursorBefore(newest);
  }

  const screen = openLiveScreen({ stdin: process.stdin, stdout: process.stdout, onKey, onResize: draw });
  let top = 0;
  function onKey(key: Key): void {
    if (key === 'quit') return quit();
    const page = screen.size().height - 2;
    const steps = { up: -1, down: 1, 'page up': -page, 'page down': page, home: -Infinity, end: Infinity } as const;
    top = Math.max(0, top + steps[key]);
    draw();
  }
  function draw(): void {
    const { width, height } = screen.size();
    const frame = picture(
      { ...shown.lines({ width, color }), endpoint: connection.endpoint },
      { width, height, color, top },
    );
    top = frame.top;
    screen.draw(frame.lines);
  }

  // Ages grow without reports.
  const timer = setInterval(draw, 1000);
  try {
    draw();
    for await (const happening of follow(connection, { clusters, after: from, signal })) {
      shown.see(happening);
      draw();
    }
    return exitCode.done;
  } finally {
    clearInterval(timer);
    screen.close();
  }
}

/** What is known, of the clusters and of the connection. */
function createShown({ connection }: Watch) {
  const board = createBoard();
  let waiting = `Waiting for the first report of ${connection.endpoint}.`;
  let problem = '';
  let clockAheadMs = 0;
  let lost: { readonly message: string; readonly retryAt: number } | undefined;
  let connected = false;

  function take(json: string): void {
    try {
      board.take(reportOf(json));
      problem = '';
    } catch (error) {
      problem = `A report was left out: ${harmless(describeError(error))}.`;
    }
  }
  function status(): string {
    if (!lost) return connected ? 'connected' : 'connecting';
    const seconds = Math.ceil((lost.retryAt - Date.now()) / 1000);
    return seconds > 0 ? `not connected, trying again in ${seconds} s` : 'not connected, trying again';
  }
  return {
    take,
    empty: (text: string) => void (waiting = text),
    see(happening: Happening): void {
      if (happening.type === 'connected') {
        [connected, lost] = [true, undefined];
        ({ clockAheadMs } = happening);
      } else if (happening.type === 'report') take(happening.json);
      else if (happening.type === 'missed') {
        board.renew();
        problem = missedText(happening.count);
      } else lost = { message: happening.error.message, retryAt: Date.now() + happening.retryInMs };
    },
    lines(page: Page) {
      const nowMs = Date.now() + clockAheadMs;
      const blocks = board.clusters.map((cluster) => board.lines(cluster, page, nowMs));
      const body = blocks.flatMap((block, at) => (at === 0 ? block : ['', ...block]));
      const notices = [lost?.message ?? '', problem].filter((text) => text !== '');
      return { body: body.length > 0 ? body : wrap(waiting, page.width), notices, status: status() };
    },
  };
}
