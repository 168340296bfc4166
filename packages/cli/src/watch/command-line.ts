import { type Command, InvalidArgumentError } from 'commander';
import type { CommandOptions } from '../commands/index.ts';

type Act = (command: 'watch' | 'ask') => (args: string[], options: CommandOptions) => Promise<void>;

/** The commands that are clients of a report_cache extension. */
export function addServiceCommands(program: Command, act: Act): void {
  connected(program.command('watch'))
    .description('show the reports of a report_cache extension as they come: a live table, or JSON lines')
    .argument('[cluster...]', 'only of these; without one, of all')
    .option('--json', 'one JSON report a line, as the service gives it')
    .option('--once', 'show the newest and end')
    .option('--count <n>', 'end after so many reports', whole)
    .option('--after <cursor>', 'go on after the report with this cursor', cursor)
    .addHelpText('after', '\nKeys: q or Ctrl-C ends; arrows, space, b, g and G scroll.')
    .action(act('watch'));
  connected(program.command('ask'))
    .description('ask a running receiver; without arguments, list what can be asked')
    .usage('[options] [receiver] [command] [key=value...]')
    .argument('[question...]', 'a receiver as in the config, one of its commands, and its arguments as key=value')
    .option('--json', 'the answer as JSON')
    .addHelpText('after', '\nExamples:\n  $ millrace ask\n  $ millrace ask cockroachdb/eu health cluster=eu')
    .action(act('ask'));
}

const connected = (command: Command): Command =>
  command
    .option('--endpoint <url>', 'where the extension serves HTTP', 'http://localhost:4000')
    .option('--token <token>', 'bearer token; others see a command line: rather set MILLRACE_TOKEN in the environment')
    .option('--token-file <file>', 'file with the bearer token; read again at each connection')
    .option('--ca <file>', 'PEM file of the authorities to trust, for https')
    .option('--cert <file>', 'PEM file of the certificate to show (mTLS)')
    .option('--key <file>', 'PEM file of its key')
    .option('--no-color', 'no colours; the same as the environment variable NO_COLOR');

function whole(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1.');
  return Number(text);
}

function cursor(text: string): string {
  if (!/^\d{1,20}$/.test(text)) throw new InvalidArgumentError('It must be a cursor of a report: a whole number.');
  return text;
}
