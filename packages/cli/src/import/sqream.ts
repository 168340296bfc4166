import { readFile, writeFile } from 'node:fs/promises';
import type { CommandAction, CommandOptions } from '../commands/index.ts';
import { say } from '../environment.ts';
import { exitCode } from '../exit-code.ts';
import { defaultIntervals, parseMonitorInput } from './monitor-input.ts';
import { sqreamConfig } from './sqream-config.ts';

/** As commander gives the flags, which are the monitor service's own. */
interface ImportOptions extends CommandOptions {
  readonly host?: string;
  readonly port?: string;
  readonly database?: string;
  readonly user?: string;
  readonly username?: string;
  readonly password?: string;
  readonly clustered?: boolean;
  readonly service?: string;
  readonly loki_host?: string;
  readonly loki_port?: string;
  readonly log_file_path?: string;
  readonly output?: string;
}

/** `millrace import sqream` */
export const importSqream: CommandAction = async ([file], options) => {
  const {
    host = 'localhost',
    port = '5000',
    database = 'master',
    service = 'monitor',
    ...rest
  }: ImportOptions = options;
  const { user = 'sqream', username = user, clustered = false, loki_host: lokiHost = 'localhost', output } = rest;
  const { loki_port: lokiPort = '3100' } = rest;

  for (const [flag, value] of Object.entries({ port, loki_port: lokiPort }))
    if (!/^\d{1,5}$/.test(value) || Number(value) < 1 || Number(value) > 65_535) {
      say(`--${flag} must be a port from 1 to 65535, not ${value}.`);
      return exitCode.usage;
    }
  const read =
    file === undefined ? { intervals: new Map(Object.entries(defaultIntervals)), problems: [] } : await readInput(file);
  for (const problem of read.problems) say(`${file}: ${problem}`);
  if (read.problems.length > 0) return exitCode.badConfig;

  const flags = {
    host,
    port: Number(port),
    database,
    username,
    clustered,
    service,
    lokiHost,
    lokiPort: Number(lokiPort),
  };
  const config = sqreamConfig(read.intervals, flags);
  if (output === undefined) process.stdout.write(config);
  else if (!(await write(output, config))) return exitCode.usage;
  say('The password is not written: the config takes it from the environment variable SQREAM_PASSWORD.');
  if (rest.log_file_path !== undefined)
    say(`Messages go to stderr: for a file, start it with 2>> ${rest.log_file_path}`);
  return exitCode.done;
};

async function readInput(file: string): Promise<ReturnType<typeof parseMonitorInput>> {
  try {
    return parseMonitorInput(await readFile(file, 'utf8'));
  } catch (error) {
    return { intervals: new Map(), problems: [`It cannot be read: ${(error as Error).message}.`] };
  }
}

/** Never over a file that is there. */
async function write(file: string, text: string): Promise<boolean> {
  try {
    await writeFile(file, text, { flag: 'wx' });
    say(`Wrote ${file}. Look at it, then: SQREAM_PASSWORD=… millrace ${file}`);
    return true;
  } catch (error) {
    const there = (error as NodeJS.ErrnoException).code === 'EEXIST';
    say(
      there ? `${file} is there already: name another file.` : `${file} cannot be written: ${(error as Error).message}`,
    );
    return false;
  }
}
