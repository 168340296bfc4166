export {
  createAssembler,
  type Assembled,
  type AssembledPage,
  type Assembler,
  type AssemblerOptions,
} from './assemble.ts';
export type { DropReason } from './dropped.ts';
export { PageError } from './error.ts';
export { acceptHeader, formatOf, type Format } from './format.ts';
export { defaultLimits, type Limits } from './limits.ts';
export { createParser, type Page, type PageEnd, type Parser, type ParserOptions } from './parser.ts';
export type { Exemplar, Extra, Labels, MetricType, Series, Sink } from './series.ts';
