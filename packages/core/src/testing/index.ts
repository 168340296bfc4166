export * from './certificates.ts';
export * from './context.ts';
export * from './contract.ts';
export * from './free-port.ts';
export * from './random.ts';
export * from './render.ts';
export * from './sink.ts';
