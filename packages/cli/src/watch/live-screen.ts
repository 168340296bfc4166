import { writeSync } from 'node:fs';
import { clip } from '../screen.ts';

/** A whole terminal, drawn line by line where something has changed, and given back as it was whatever happens. */
export interface LiveScreen {
  readonly size: () => { readonly width: number; readonly height: number };
  draw(lines: readonly string[]): void;
  close(): void;
}

export type Key = 'quit' | 'up' | 'down' | 'page up' | 'page down' | 'home' | 'end';

interface Terminal {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream & { readonly fd: number };
  onKey(key: Key): void;
  /** The terminal has another size, or was given back and taken again: draw. */
  onResize(): void;
}

const enter = '\x1b[?1049h\x1b[?25l\x1b[2J';
const leave = '\x1b[?25h\x1b[?1049l';

const keys: Readonly<Record<string, Key>> = {
  q: 'quit',
  Q: 'quit',
  '\x03': 'quit', // Ctrl-C: in raw mode the terminal makes no signal of it
  '\x1b[A': 'up',
  '\x1bOA': 'up',
  k: 'up',
  '\x1b[B': 'down',
  '\x1bOB': 'down',
  j: 'down',
  '\x1b[5~': 'page up',
  b: 'page up',
  '\x1b[6~': 'page down',
  ' ': 'page down',
  '\x1b[H': 'home',
  '\x1b[1~': 'home',
  g: 'home',
  '\x1b[F': 'end',
  '\x1b[4~': 'end',
  G: 'end',
};
// oxlint-disable-next-line no-control-regex -- keys are escape sequences
const keyPattern = /\x1b(?:\[[0-9;]*[A-Za-z~]|O[A-Z])|[^]/gu;
const suspendKey = '\x1a'; // Ctrl-Z

export function openLiveScreen({ stdin, stdout, onKey, onResize }: Terminal): LiveScreen {
  let drawn: readonly string[] = [];
  let open = false;

  const take = (): void => {
    open = true;
    drawn = [];
    if (stdin.isTTY) stdin.setRawMode(true).resume();
    stdout.write(enter);
  };
  /** At once, not through the stream: the process may be about to end. */
  const giveBack = (): void => {
    if (!open) return;
    open = false;
    try {
      if (stdin.isTTY) stdin.setRawMode(false).pause();
      writeSync(stdout.fd, leave);
    } catch {
      // The terminal has been closed: there is nothing to restore.
    }
  };
  const onData = (data: Buffer): void => {
    for (const [key] of data.toString().matchAll(keyPattern)) {
      if (key === suspendKey) {
        giveBack();
        process.kill(process.pid, 'SIGTSTP');
      } else if (keys[key]) onKey(keys[key]);
    }
  };
  const resized = (): void => {
    drawn = [];
    stdout.write('\x1b[2J');
    onResize();
  };
  const resumed = (): void => {
    if (!open) take();
    onResize();
  };

  if (stdin.isTTY) stdin.on('data', onData);
  stdout.on('resize', resized);
  process.on('SIGCONT', resumed).on('exit', giveBack).on('uncaughtExceptionMonitor', giveBack);
  take();

  const size = () => ({ width: stdout.columns || 80, height: stdout.rows || 24 });
  return {
    size,
    draw(lines) {
      if (!open) return;
      const { width, height } = size();
      const next = lines.slice(0, height).map((line) => clip(line, width));
      const changed = redraw(drawn, next);
      if (changed !== '') stdout.write(changed);
      drawn = next;
    },
    close() {
      giveBack();
      stdin.off('data', onData);
      stdout.off('resize', resized);
      process.off('SIGCONT', resumed).off('exit', giveBack).off('uncaughtExceptionMonitor', giveBack);
    },
  };
}

/** What makes one picture of the other: only the lines that differ. */
export function redraw(before: readonly string[], after: readonly string[]): string {
  let text = '';
  for (let row = 0; row < Math.max(before.length, after.length); row++)
    if (before[row] !== after[row]) text += `\x1b[${row + 1};1H${after[row] ?? ''}\x1b[0m\x1b[K`;
  return text;
}
