export { checkBlock } from './check.ts';
export { type Conditions, createSelector, type Item, type Selector, severities, spanKindNames } from './selector.ts';
export { narrowMetrics } from './narrow.ts';
export { type Fate, rewrite } from './rewrite.ts';
export { attributeConditions, libraries, matchType, regexpOptions, textConditions } from './schema.ts';
export { type AttributeCondition, attributesMatch, compilePattern, type MatchType, textMatch } from './text.ts';
