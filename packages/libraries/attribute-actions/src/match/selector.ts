import type { DataPoint, LogRecord, Resource, ResourceBatch, Scope, Span } from '@millrace/core';
import { type AttributeCondition, attributesMatch, type MatchType, scalarText, textMatch } from './text.ts';

/** What is selected. All of them have attributes. */
export type Item = DataPoint<unknown> | LogRecord | Span;
type Signal = ResourceBatch['signal'];

/**
 * All that are given must hold. In a list of texts or libraries one must match, in a list of attributes all. A condition on
 * what an item does not have (the span name of a log record) does not hold.
 */
export interface Conditions {
  readonly matchType: MatchType;
  readonly resource?: readonly AttributeCondition[] | undefined;
  /** On the resource's `service.name`. */
  readonly services?: readonly string[] | undefined;
  readonly libraries?: readonly { readonly name: string; readonly version?: string | undefined }[] | undefined;
  readonly attributes?: readonly AttributeCondition[] | undefined;
  readonly metricNames?: readonly string[] | undefined;
  readonly spanNames?: readonly string[] | undefined;
  /** `SPAN_KIND_SERVER`. */
  readonly spanKinds?: readonly string[] | undefined;
  readonly bodies?: readonly string[] | undefined;
  readonly severityTexts?: readonly string[] | undefined;
  readonly severityNumber?: { readonly min: number; readonly matchUndefined: boolean } | undefined;
}

/** For all items of a list, for none, or for those that pass the test. */
export type Verdict = boolean | ((item: Item) => boolean);

export interface Selector {
  /** Whether a resource alone can decide for all that is below it. */
  readonly looksAtResources: boolean;
  /** Whether all that is below the resource is selected, or nothing; undefined if that takes a closer look. */
  ofResource(resource: Resource, signal: Signal): boolean | undefined;
  /** For the items of a scope; the name of a metric is given where it is one. */
  of(place: { readonly resource: Resource; readonly scope: Scope }, signal: Signal): (metric?: string) => Verdict;
}

/** OTLP's names of the severity numbers 1 to 24. */
export const severities = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'].flatMap((name) => [
  name,
  `${name}2`,
  `${name}3`,
  `${name}4`,
]);

/** By the numbers of `spanKind`, from 1. */
export const spanKindNames: readonly string[] = ['INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'].map(
  (name) => `SPAN_KIND_${name}`,
);

/** Selects what `include` matches (everything, without it) and `exclude` does not. */
export function createSelector({
  include,
  exclude,
}: {
  readonly include?: Conditions | undefined;
  readonly exclude?: Conditions | undefined;
}): Selector {
  const included = include ? compile(include) : constant(true);
  const excluded = exclude ? compile(exclude) : constant(false);
  return {
    looksAtResources: included.looksAtResources || excluded.looksAtResources,
    ofResource(resource, signal) {
      const wanted = included.ofResource(resource, signal);
      const unwanted = wanted === false ? true : excluded.ofResource(resource, signal);
      if (unwanted === true) return false;
      return wanted && unwanted === false ? true : undefined;
    },
    of(place, signal) {
      const wanted = included.of(place, signal);
      const unwanted = excluded.of(place, signal);
      return (metric) => without(wanted(metric), () => unwanted(metric));
    },
  };
}

const constant = (verdict: boolean): Selector => ({
  looksAtResources: false,
  ofResource: () => verdict,
  of: () => () => verdict,
});

function without(wanted: Verdict, exclusion: () => Verdict): Verdict {
  if (wanted === false) return false;
  const unwanted = exclusion();
  if (unwanted === true) return false;
  if (unwanted === false) return wanted;
  return wanted === true ? (item) => !unwanted(item) : (item) => wanted(item) && !unwanted(item);
}

type Test<T> = (one: T) => boolean;

/** Undefined where there is nothing to test. */
function all<T>(tests: readonly (Test<T> | undefined)[]): Test<T> | undefined {
  const [first, ...more] = tests.filter((test) => test !== undefined);
  if (!first || more.length === 0) return first;
  return (one) => first(one) && more.every((test) => test(one));
}

const never = (): boolean => false;

function compile(conditions: Conditions): Selector {
  const ofResource = all([attributeTest(conditions, 'resource'), serviceTest(conditions)]);
  const ofScope = scopeTest(conditions);
  const names = textTest(conditions, 'metricNames');
  const attributes = attributeTest(conditions, 'attributes');
  const onItem = attributes && ((item: Item) => attributes(item));
  const logTests = all([severityTest(conditions), severityTextTest(conditions), onItem, bodyTest(conditions)]);
  const spanTests = all([spanNameTest(conditions), spanKindTest(conditions), onItem]);
  const ofLogs = conditions.severityNumber || conditions.severityTexts?.length || conditions.bodies?.length;
  const ofSpans = conditions.spanNames?.length || conditions.spanKinds?.length;

  /** What there is to test below the scope. */
  const below: Readonly<Record<Signal, Test<never> | undefined>> = {
    metrics: ofLogs || ofSpans ? never : (onItem as Test<never> | undefined),
    logs: names || ofSpans ? never : (logTests as Test<never> | undefined),
    traces: names || ofLogs ? never : (spanTests as Test<never> | undefined),
  };

  return {
    looksAtResources: ofResource !== undefined,
    ofResource(resource, signal) {
      if (below[signal] === never || (ofResource && !ofResource(resource))) return false;
      return ofScope || below[signal] || (signal === 'metrics' && names) ? undefined : true;
    },
    of({ resource, scope }, signal) {
      const test = below[signal] as Test<Item> | undefined;
      if (test === never || (ofResource && !ofResource(resource)) || (ofScope && !ofScope(scope))) return never;
      const verdict = test ?? true;
      return names ? (metric) => (metric !== undefined && names(metric) ? verdict : false) : () => verdict;
    },
  };
}

type TextKey = 'services' | 'metricNames' | 'spanNames' | 'spanKinds' | 'bodies' | 'severityTexts';

const textTest = (conditions: Conditions, key: TextKey): Test<string> | undefined => {
  const texts = conditions[key];
  return texts?.length ? textMatch(conditions.matchType, texts) : undefined;
};

function attributeTest(conditions: Conditions, key: 'resource' | 'attributes') {
  const list = conditions[key];
  if (!list?.length) return undefined;
  const matches = attributesMatch(conditions.matchType, list);
  return ({ attributes }: Resource | Item): boolean => matches(attributes);
}

function serviceTest(conditions: Conditions): Test<Resource> | undefined {
  const matches = textTest(conditions, 'services');
  return (
    matches &&
    (({ attributes }) => {
      const name = scalarText(attributes['service.name'] ?? null);
      return name !== undefined && matches(name);
    })
  );
}

function scopeTest({ matchType, libraries = [] }: Conditions): Test<Scope> | undefined {
  const tests = libraries.map(({ name, version }) => {
    const names = textMatch(matchType, [name]);
    const versions = version === undefined ? () => true : textMatch(matchType, [version]);
    return (scope: Scope) => names(scope.name) && versions(scope.version ?? '');
  });
  return tests.length === 0 ? undefined : (scope) => tests.some((test) => test(scope));
}

function spanNameTest(conditions: Conditions): Test<Span> | undefined {
  const matches = textTest(conditions, 'spanNames');
  return matches && (({ name }) => matches(name));
}

function spanKindTest(conditions: Conditions): Test<Span> | undefined {
  const matches = textTest(conditions, 'spanKinds');
  return matches && (({ kind }) => matches(spanKindNames[kind - 1] ?? 'SPAN_KIND_UNSPECIFIED'));
}

function severityTest({ severityNumber: severity }: Conditions): Test<LogRecord> | undefined {
  // OTLP's 0 says as little as no number at all.
  return severity && (({ severityNumber: number }) => (number ? number >= severity.min : severity.matchUndefined));
}

function severityTextTest(conditions: Conditions): Test<LogRecord> | undefined {
  const matches = textTest(conditions, 'severityTexts');
  return matches && (({ severityText }) => severityText !== undefined && matches(severityText));
}

function bodyTest(conditions: Conditions): Test<LogRecord> | undefined {
  const matches = textTest(conditions, 'bodies');
  return (
    matches &&
    (({ body }) => {
      const text = scalarText(body ?? null);
      return text !== undefined && matches(text);
    })
  );
}
