import { comparisons } from './compare.ts';
import { ConditionError } from './error.ts';
import { functionOf } from './functions.ts';
import type { Call, Expression, Operand, Path } from './parse.ts';
import { parse } from './parse.ts';
import type { Source } from './paths.ts';
import { namedLevel, sourceOf } from './paths.ts';
import type { ConditionContext, Level, Subject } from './subject.ts';

export interface Condition {
  readonly context: ConditionContext;
  /**
   * The innermost that it looks at. One that needs only a `resource` is true of all items of a resource or of none, and
   * one that needs only a `request` of all items of a batch or of none, whatever its context.
   */
  readonly needs: 'request' | 'resource' | 'item';
  /** The subject must have what the condition needs. */
  test(subject: Subject): boolean;
}

export interface ConditionOptions {
  /** Default: the innermost that the condition names (`log.body`), or else the resource. */
  readonly context?: ConditionContext | undefined;
  /** `statement`: written as `route() where …`. */
  readonly form?: 'condition' | 'statement';
}

/** Reads a condition. Throws a ConditionError, which says what is wrong, in which column, and what is allowed. */
export function parseCondition(source: string, { context, form = 'condition' }: ConditionOptions = {}): Condition {
  const expression = parse(source, form);
  const used = new Set<Level>();
  const compiler: Compiler = { context: context ?? inferred(expression), used };
  const test = compile(expression, compiler);
  const outer = new Set<Level>(['request', 'resource']);
  const inner = [...used].some((level) => !outer.has(level));
  return { context: compiler.context, needs: inner ? 'item' : used.has('resource') ? 'resource' : 'request', test };
}

interface Compiler {
  readonly context: ConditionContext;
  /** Collects what is looked at. */
  readonly used: Set<Level>;
}

type Test = (subject: Subject) => boolean;

function compile(expression: Expression, compiler: Compiler): Test {
  switch (expression.kind) {
    case 'true':
      return () => true;
    case 'false':
      return () => false;
    case 'not': {
      const test = compile(expression.of, compiler);
      return (subject) => !test(subject);
    }
    case 'and':
    case 'or': {
      const tests = expression.parts.map((part) => compile(part, compiler));
      const [left, right] = tests;
      // Most have two parts, for which a loop over them is several times slower.
      if (tests.length === 2)
        return expression.kind === 'and'
          ? (subject) => left!(subject) && right!(subject)
          : (subject) => left!(subject) || right!(subject);
      return expression.kind === 'and'
        ? (subject) => tests.every((test) => test(subject))
        : (subject) => tests.some((test) => test(subject));
    }
    case 'call': {
      if (expression.name !== 'IsRootSpan' && functionOf(expression.name, expression.column).returns !== 'truth')
        throw new ConditionError(expression.column, `${expression.name} gives a value: compare it with another`);
      const { read } = callOf(expression, compiler);
      return (subject) => read(subject) === true;
    }
    case 'compare':
      return compare(expression, compiler);
  }
}

function compare({ operator, left, right }: Extract<Expression, { kind: 'compare' }>, compiler: Compiler): Test {
  const [a, b] = [operandOf(left, compiler), operandOf(right, compiler)];
  const says = comparisons[operator];
  if (!a.many && !b.many) return (subject) => says(a.read(subject), b.read(subject));
  const [header, other] = a.many ? [a, b] : [b, a];
  const values = (subject: Subject): readonly string[] => header.read(subject) as readonly string[];
  const written = a.many ? right : left;
  if (written.kind === 'literal' && written.value === null)
    return (subject) => says(values(subject).length === 0 ? undefined : '', undefined);
  return (subject) => {
    const than = other.read(subject);
    return values(subject).some((value) => (a.many ? says(value, than) : says(than, value)));
  };
}

function operandOf(operand: Operand, compiler: Compiler): Source {
  if (operand.kind === 'literal') {
    const { value } = operand;
    return { read: () => value, level: undefined };
  }
  if (operand.kind === 'call') return callOf(operand, compiler);
  const source = sourceOf(operand, compiler.context);
  if (source.level) compiler.used.add(source.level);
  return source;
}

function callOf({ name, args, column }: Call, compiler: Compiler): Source {
  if (name === 'IsRootSpan') return rootSpan(args, { ...compiler, column });
  const rule = functionOf(name, column);
  const [target, text] = args;
  const wanted = 1 + rule.texts.length;
  if (!target || args.length !== wanted)
    throw new ConditionError(column, `${name} takes ${['what it looks at', ...rule.texts].join(' and ')}`);
  if (text && (text.kind !== 'literal' || typeof text.value !== 'string'))
    throw new ConditionError(text.column, `expected ${rule.texts[0]} in double quotes`);
  const says = text ? rule.make(text.value as string, text.column) : rule.make('', column);
  const source = operandOf(target, compiler);
  if (!source.many) return { read: (subject) => says(source.read(subject)), level: source.level };
  if (rule.returns === 'value')
    throw new ConditionError(target.column, `${name} needs one value: write …[0] after the header`);
  return {
    read: (subject) => (source.read(subject) as readonly string[]).some((value) => says(value)),
    level: 'request',
  };
}

function rootSpan(args: readonly Operand[], { context, used, column }: Compiler & { readonly column: number }): Source {
  if (args.length > 0) throw new ConditionError(column, 'IsRootSpan takes nothing');
  if (context !== 'span') throw new ConditionError(column, `IsRootSpan needs the context span, this one is ${context}`);
  used.add('span');
  return { read: ({ span }) => !span?.parentSpanId, level: 'span' };
}

/** From the innermost outwards. */
const innermost = ['datapoint', 'metric', 'spanevent', 'span', 'log', 'resource', 'request'] as const;

function inferred(expression: Expression): ConditionContext {
  const named = new Set<Level | undefined>();
  for (const path of pathsOf(expression)) named.add(namedLevel(path));
  if (named.has(undefined)) named.add('resource');
  return innermost.find((level) => named.has(level)) ?? 'resource';
}

function* pathsOf(part: Expression | Operand): Generator<Path> {
  switch (part.kind) {
    case 'path':
      return yield part;
    case 'and':
    case 'or':
      for (const one of part.parts) yield* pathsOf(one);
      return;
    case 'not':
      return yield* pathsOf(part.of);
    case 'compare':
      yield* pathsOf(part.left);
      return yield* pathsOf(part.right);
    case 'call':
      for (const one of part.args) yield* pathsOf(one);
      return;
    case 'literal':
    case 'true':
    case 'false':
  }
}
