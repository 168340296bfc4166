export { checkConfig } from './check.ts';
export { ConfigError, type Diagnostic, formatDiagnostic, type Location } from './diagnostics.ts';
export { configJsonSchema } from './json-schema.ts';
export { loadConfig, type LoadOptions, type RawConfig, rawConfig } from './load.ts';
export type * from './model.ts';
export { readConfig, type Reading } from './read.ts';
export { printConfig, type PrintOptions } from './print.ts';
