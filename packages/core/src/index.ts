export * from './batch.ts';
export * from './component.ts';
export * from './definition.ts';
export * from './errors.ts';
export * from './schema.ts';
export * from './scraper.ts';
export * from './standalone.ts';
export { resolveConfig } from './config/resolve.ts';
export { formatDuration, parseBytes, parseDuration } from './config/units.ts';
