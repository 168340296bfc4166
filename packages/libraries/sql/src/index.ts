export * from './driver.ts';
export * from './error.ts';
export * from './integer.ts';
export * from './load.ts';
export * from './pool.ts';
export * from './redact.ts';
export * from './time.ts';
