export { type Chain, checkOperators, compileOperators, type OperatorEvents, type Operators } from './chain.ts';
export { type Entry, isMap, type Range, rangesOf } from './entry.ts';
export { goRegex } from './go-regex.ts';
export { type OperatorConfig, operatorsSchema } from './schema.ts';
