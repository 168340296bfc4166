import { type Command, InvalidArgumentError, Option } from 'commander';
import type { CommandOptions } from '../commands/index.ts';

const names = ['top', 'tree', 'flamegraph', 'diff', 'report'] as const;
type Act = (command: `profile ${(typeof names)[number]}`) => (args: string[], options: CommandOptions) => Promise<void>;

const sources = `
A source is a file, - for standard input, or a URL: pprof (as it is, gzip or zstd), folded stacks, or Pyroscope's JSON, told
apart by what is in it. Several are added up.

Examples:
  $ millrace profile top cpu.pb.gz
  $ millrace profile flamegraph http://localhost:6060/debug/pprof/profile --seconds 10 -o cpu.html
  $ millrace profile report --pyroscope http://localhost:4040 --query 'app.cpu{}' --from now-15m
  $ millrace profile diff before.pb.gz after.pb.gz --cum`;

/** `millrace profile top|tree|flamegraph|diff|report` */
export function addProfileCommands(program: Command, act: Act): void {
  const profile = program
    .command('profile')
    .description('look at a profile: of a file, of an application, of Pyroscope')
    .addHelpText('after', sources);
  const add = (name: (typeof names)[number], description: string): Command =>
    withSource(withView(profile.command(name).description(description)))
      .addHelpText('after', sources)
      .action(act(`profile ${name}`));
  add('top', 'a table of functions, as go tool pprof -top').argument('[source...]', 'file, - or URL');
  add('tree', 'functions with their callers and callees, as go tool pprof -tree').argument(
    '[source...]',
    'file, - or URL',
  );
  withDiff(add('flamegraph', 'a flame graph: one HTML page or SVG picture that needs nothing else'))
    .argument('[source...]', 'file, - or URL')
    .option('--diff', 'two sources: what has changed from the first to the second')
    .addOption(
      new Option('--format <format>', 'without it, by the name of --output; else html').choices(['html', 'svg']),
    )
    .addOption(
      new Option('--orientation <orientation>', 'callers above what they call, or below')
        .choices(['icicle', 'flame'])
        .default('icicle'),
    );
  withDiff(add('diff', 'what has changed, as go tool pprof -top -diff_base'))
    .usage('[options] <before> <after>')
    .argument('[source...]', 'two files or URLs, or a Pyroscope query in two windows: --base-from, --base-until');
  add('report', 'Markdown: what is shown of what, the table, the top 5 by self and by total').argument(
    '[source...]',
    'file, - or URL',
  );
}

const withView = (command: Command): Command =>
  command
    .option('--sample-type <name>', 'which of the values, by name or number; without it, the default of the profile')
    .addOption(
      new Option('--granularity <what>', 'what is one row or frame')
        .choices(['functions', 'files', 'lines'])
        .default('functions'),
    )
    .option('--focus <regex>', 'only stacks with a frame that matches')
    .option('--ignore <regex>', 'no stacks with a frame that matches')
    .option('--show <regex>', 'only frames that match')
    .option('--hide <regex>', 'no frames that match')
    .option('--cum', 'sort by what was spent in a function and in what it called')
    .option('--limit <n>', 'so many rows at most', whole)
    .option('--unit <unit>', 'of all values, as ms or MB')
    .option('--title <text>', 'the heading')
    .option('--json', 'as JSON; of a flame graph, that of Pyroscope')
    .option('-o, --output <file>', 'where to; without it, to standard output');

const withSource = (command: Command): Command =>
  command
    .option('--seconds <n>', 'of a URL: how long to profile', whole)
    .option('--pyroscope <url>', 'ask this Pyroscope server, of either generation')
    .option('--query <query>', 'app.cpu{pod="a"} or process_cpu:cpu:nanoseconds:cpu:nanoseconds{service_name="app"}')
    .option('--application <name>', 'instead of --query: the application (service_name)')
    .option('--type <type>', 'with --application: cpu, inuse_space, …; without it, cpu')
    .option('--from <time>', 'now-5m, seconds since 1970, or 2026-01-31T12:00:00Z; without it, now-1h')
    .option('--until <time>', 'the same; without it, now')
    .option('--tenant <id>', 'of Pyroscope: X-Scope-OrgID')
    .option('--token <token>', 'bearer token; others see a command line: rather use --token-file')
    .option('--token-file <file>', 'file with the bearer token')
    .option('--ca <file>', 'PEM file of the authorities to trust, for https')
    .option('--cert <file>', 'PEM file of the certificate to show (mTLS)')
    .option('--key <file>', 'PEM file of its key')
    .option('--insecure', 'accept any certificate');

const withDiff = (command: Command): Command =>
  command
    .option('--normalize', 'scale what is after to the total of what was before')
    .option('--base-from <time>', 'in a comparison: the window before')
    .option('--base-until <time>', 'the same; without it, where the other window begins');

function whole(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1.');
  return Number(text);
}
