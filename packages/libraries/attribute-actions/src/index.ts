export { type AttributeChange, createActions } from './actions.ts';
export { checkActions } from './check.ts';
export { rememberRecurring } from './recurring.ts';
export { type Action, actionsSchema } from './schema.ts';
