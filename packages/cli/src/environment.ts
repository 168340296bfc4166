import { fileURLToPath } from 'node:url';
import { ConfigError, formatDiagnostic } from '@millrace/core';
import type { CommandOptions } from './commands/index.ts';
import { exitCode } from './exit-code.ts';

/** Where components are looked up besides the config's folder and the working directory: where this program is installed. */
export const ownFolder = fileURLToPath(new URL('..', import.meta.url));

export const out = (text: string): void => void process.stdout.write(`${text}\n`);
export const say = (text: string): void => void process.stderr.write(`${text}\n`);

export const useColor = ({ color = true }: CommandOptions, stream: NodeJS.WriteStream): boolean =>
  color && Boolean(stream.isTTY) && !process.env.NO_COLOR;

/** Writes what is wrong with a config as a compiler would. Anything else is thrown on. */
export function reportConfigError(error: unknown, options: CommandOptions): number {
  if (!(error instanceof ConfigError)) throw error;
  const color = useColor(options, process.stderr);
  for (const diagnostic of error.diagnostics) say(`${formatDiagnostic(diagnostic, { color })}\n`);
  const { length } = error.diagnostics;
  say(`${length} ${length === 1 ? 'error' : 'errors'}; nothing was started.`);
  return exitCode.badConfig;
}
