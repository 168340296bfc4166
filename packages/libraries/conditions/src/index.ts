export { type Condition, type ConditionOptions, parseCondition } from './condition.ts';
export { ConditionError } from './error.ts';
export { type ConditionContext, contexts, type Subject } from './subject.ts';
