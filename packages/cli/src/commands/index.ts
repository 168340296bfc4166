/** What the options of the commands may hold; each command uses its own. */
export interface CommandOptions {
  readonly set?: readonly string[];
  readonly color?: boolean;
  readonly watch?: boolean;
  readonly once?: boolean;
  readonly mode?: 'redacted' | 'unredacted';
  readonly format?: 'yaml' | 'json';
  readonly force?: boolean;
  readonly config?: string;
}

/** Resolves to the exit code. */
export type CommandAction = (args: readonly string[], options: CommandOptions) => Promise<number>;

/** Each command's code is loaded when it is called. */
export const commands = {
  run: async () => (await import('./run.ts')).run,
  validate: async () => (await import('./config.ts')).validate,
  'print-config': async () => (await import('./config.ts')).print,
  components: async () => (await import('./components.ts')).components,
  schema: async () => (await import('./components.ts')).schema,
  init: async () => (await import('./init.ts')).init,
  doctor: async () => (await import('./doctor.ts')).doctor,
  'queue inspect': async () => (await import('./queue.ts')).inspect,
  'queue export': async () => (await import('./queue.ts')).exportQueue,
  'queue repair': async () => (await import('./queue.ts')).repair,
  explain: async () => (await import('./explain.ts')).explain,
  watch: async () => (await import('../watch/watch.ts')).watch,
  ask: async () => (await import('../ask/ask.ts')).ask,
  'profile top': async () => (await import('../profile/profile.ts')).top,
  'profile tree': async () => (await import('../profile/profile.ts')).tree,
  'profile flamegraph': async () => (await import('../profile/profile.ts')).flamegraph,
  'profile diff': async () => (await import('../profile/profile.ts')).diffOf,
  'profile report': async () => (await import('../profile/profile.ts')).report,
  'import sqream': async () => (await import('../import/sqream.ts')).importSqream,
} satisfies Record<string, () => Promise<CommandAction>>;
