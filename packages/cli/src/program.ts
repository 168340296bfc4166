import { Command, CommanderError, Option } from 'commander';
import { readFileSync } from 'node:fs';
import { type CommandOptions, commands } from './commands/index.ts';
import { exitCode } from './exit-code.ts';
import { addProfileCommands } from './profile/command-line.ts';
import { addServiceCommands } from './watch/command-line.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const examples = `
Examples:
  $ millrace init                                  write millrace.yaml for this machine
  $ millrace millrace.yaml                         run it (the same as: millrace run millrace.yaml)
  $ millrace millrace.yaml --once                  collect and deliver once, show one table, end
  $ millrace 'conf.d/*.yaml' --watch               several files, merged; reload when one changes
  $ millrace run a.yaml --set receivers.procfs.collection_interval=5s
  $ millrace validate millrace.yaml                say everything that is wrong with it
  $ millrace doctor millrace.yaml                  permissions, kernel features, ports, backends
  $ millrace queue inspect /var/lib/millrace       what waits on disk for a backend
  $ millrace explain postgres                      which group a process belongs to, and why
  $ millrace watch                                 the reports of a report_cache extension, as a live table
  $ millrace ask                                   what its receivers can be asked
  $ millrace profile top cpu.pb.gz                 where the time goes; also: tree, flamegraph, diff, report

Exit codes:
  0  done, or ended as asked
  1  the config is wrong, doctor found an error, or what was asked failed
  2  the command line is wrong
  3  a component could not start, or the service is not there or refuses
`;

/** The command line. `run` is what is meant where no command is named. */
export function createProgram(): Command {
  const program = new Command('millrace')
    .description('A telemetry pipeline: receivers, processors and exporters declared in YAML.')
    .version(version)
    .addHelpText('after', examples)
    .showHelpAfterError('(millrace --help shows examples)')
    .enablePositionalOptions()
    .exitOverride();

  const configured = (name: string, description: string): Command =>
    program
      .command(name)
      .description(description)
      .argument('<config...>', 'files or globs; later ones are merged over earlier ones')
      .option('--set <key=value...>', 'set one key, after all files: receivers.procfs.collection_interval=5s')
      .addOption(new Option('--no-color', 'no colours in messages').env('NO_COLOR'));
  const act = (command: keyof typeof commands) => async (configs: string | string[], options: CommandOptions) => {
    process.exitCode = await (await commands[command]())(([] as string[]).concat(configs), options);
  };

  configured('run', 'run the pipelines of a config')
    .option('--watch', 'reload when a file of the config changes')
    .option('--once', 'scrape once, deliver, and end')
    .addHelpText(
      'after',
      '\nSIGHUP reloads the config; a bad one is reported and the old one goes on. SIGINT or SIGTERM ends.',
    )
    .action(act('run'));
  configured('validate', 'check a config and say everything that is wrong with it').action(act('validate'));
  configured('print-config', 'show the config as it takes effect, secrets redacted')
    .addOption(
      new Option('--mode <mode>', 'what to do with secrets').choices(['redacted', 'unredacted']).default('redacted'),
    )
    .addOption(new Option('--format <format>', 'how to write it').choices(['yaml', 'json']).default('yaml'))
    .action(act('print-config'));
  configured('doctor', 'look whether a config can work on this machine').action(act('doctor'));
  program
    .command('components')
    .description('list the components that are installed')
    .action(() => act('components')([], {}));
  program
    .command('schema')
    .description('print one JSON Schema for exactly the components that are installed, for editors')
    .action(() => act('schema')([], {}));
  program
    .command('init')
    .description('write a commented config for this machine')
    .argument('[file]', 'where to', 'millrace.yaml')
    .option('--force', 'replace the file if it is there')
    .action(act('init'));
  const queue = program.command('queue').description('look at queues on disk, of exporters with sending_queue.storage');
  const onQueues = (name: 'inspect' | 'export' | 'repair', description: string): Command =>
    queue
      .command(name)
      .description(description)
      .argument('<directory...>', 'of file_storage, or of one queue in it')
      .action(act(`queue ${name}`));
  onQueues('inspect', 'say what waits, and what is damaged; changes nothing');
  onQueues('export', 'print what waits as OTLP/JSON, a request a line; changes nothing');
  onQueues('repair', 'take out what cannot be read; the collector must have ended');
  program
    .command('import')
    .description("turn another collector's settings into a config")
    .command('sqream')
    .description("write a config that does what SQreamDB's monitor service does, with the same flags")
    .argument('[monitor_input.json]', "the monitor's file: seconds by metric; without it, its defaults")
    .option('--host <host>', 'of SQreamDB', 'localhost')
    .option('--port <port>', 'of SQreamDB', '5000')
    .option('--database <name>', 'the database', 'master')
    .option('--user <name>', 'the user, who needs SUPERUSER (also --username)', 'sqream')
    .addOption(new Option('--username <name>').hideHelp())
    .option('--password <password>', 'is not written: set SQREAM_PASSWORD')
    .option('--clustered', 'host and port are those of the server picker')
    .option('--service <name>', 'the service queue', 'monitor')
    .option('--loki_host <host>', 'of Loki', 'localhost')
    .option('--loki_port <port>', 'of Loki', '3100')
    .option('--log_file_path <path>', 'where messages go, as a hint')
    .option('-o, --output <file>', 'where to write; without it, to standard output')
    .action(act('import sqream'));
  program
    .command('explain')
    .description('say which group a process belongs to, and which rule says so')
    .passThroughOptions()
    .allowUnknownOption() // of the command line that is asked about
    .argument('<name or command line...>', "a process's name or its command line")
    .option('--config <file>', 'use the rules of the subgroup processors of this config')
    .action(act('explain'));
  addServiceCommands(program, act);
  addProfileCommands(program, act);
  return program;
}

/** Runs one command line; resolves when it is done, with `process.exitCode` set. */
export async function main(argv: readonly string[]): Promise<void> {
  const program = createProgram();
  const known = new Set([...program.commands.map((command) => command.name()), 'help']);
  const [first] = argv;
  const args = first !== undefined && !first.startsWith('-') && !known.has(first) ? ['run', ...argv] : argv;
  try {
    if (args.length === 0) program.help();
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? exitCode.done : exitCode.usage;
  }
}
