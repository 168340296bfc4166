import { stripVTControlCharacters } from 'node:util';

/** What is written to a terminal in one place: a picture that refreshes in place, and log lines that go above it. */
export interface Screen {
  /** Whether pictures are shown as they come. */
  readonly live: boolean;
  /** One line of the log. */
  log(line: string): void;
  /** Replaces the picture. */
  draw(lines: readonly string[]): void;
  /** Writes text once, for output that is not refreshed. */
  print(text: string): void;
  /** Leaves the last picture standing. */
  end(): void;
}

const clearDown = '\x1b[J';
const hideCursor = '\x1b[?25l';
const showCursor = '\x1b[?25h';
const up = (lines: number): string => (lines > 0 ? `\x1b[${lines}A\r` : '\r');

export function createScreen({ stdout, stderr }: { stdout: NodeJS.WriteStream; stderr: NodeJS.WriteStream }): Screen {
  const live = Boolean(stdout.isTTY);
  let picture: readonly string[] = [];

  function draw(lines: readonly string[]): void {
    const width = stdout.columns || 80;
    const height = (stdout.rows || 24) - 1; // a line more would scroll, and the picture could not be erased
    const shown = lines.slice(0, height).map((line) => clip(line, width));
    const start = picture.length === 0 ? hideCursor : up(picture.length);
    stdout.write(`${start}${clearDown}${shown.map((line) => `${line}\n`).join('')}`);
    picture = shown;
  }

  return {
    live,
    draw,
    log(line) {
      const covered = live && stderr.isTTY && picture.length > 0;
      if (covered) stdout.write(`${up(picture.length)}${clearDown}`);
      stderr.write(`${line}\n`);
      if (!covered) return;
      const again = picture;
      picture = [];
      draw(again);
    },
    print: (text) => void stdout.write(text),
    end() {
      if (picture.length > 0) stdout.write(showCursor);
      picture = [];
    },
  };
}

/** East Asian wide characters and emoji take two cells of a terminal. */
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u;

export function cells(text: string): number {
  let width = 0;
  for (const character of stripVTControlCharacters(text)) width += wide.test(character) ? 2 : 1;
  return width;
}

/** The part of a line that fits in so many cells. Escape sequences take none and are kept. */
export function clip(line: string, width: number): string {
  if (cells(line) <= width) return line;
  let kept = '';
  let used = 0;
  // oxlint-disable-next-line no-control-regex -- escape sequences are what is looked for
  for (const [part] of line.matchAll(/\x1b\[[0-9;]*m|./gsu)) {
    const size = part.startsWith('\x1b') ? 0 : cells(part);
    if (used + size > width - 1) {
      if (size > 0) return `${kept}…\x1b[0m`;
    }
    kept += part;
    used += size;
  }
  return kept;
}
