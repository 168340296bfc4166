import type { Problem } from '@millrace/core';
import type { Entry } from './entry.ts';
import { type Expression, isTrue, parseExpression } from './expression/parse.ts';
import { operatorTypes } from './operators/index.ts';
import type { Emit, Operator, OperatorHost, OperatorType, RoutingOperator } from './operators/operator.ts';
import { EntryError, OperatorProblem } from './problem.ts';
import type { OnError, OperatorConfig } from './schema.ts';

/** The operators at work on the entries of one source, in the order in which they come. */
export interface Chain {
  process(entry: Entry): void;
  /** Hands on what has waited too long for entries to join; with `now` infinite, everything. Milliseconds since the epoch. */
  flush(now: number): void;
  /** The entries that wait. What they were made of has not been handed on. */
  held(): readonly Entry[];
}

export interface OperatorEvents extends OperatorHost {
  /** An operator could not process an entry, which is handed on as it is, or left out. */
  failed(operator: string, fate: OnError, error: Error): void;
  /** An operator left an entry out on purpose. */
  filtered(operator: string): void;
}

export interface Operators {
  readonly isEmpty: boolean;
  /** For a source: `out` gets what comes out at the end. */
  createChain(out: Emit): Chain;
}

/** The id that means the end of the operators, besides any that the list does not have next. */
const always: readonly (keyof OperatorConfig)[] = ['type', 'id', 'output', 'if', 'on_error'];

/** What is wrong with the operators; `path` leads to their list. */
export function checkOperators(configs: readonly OperatorConfig[], path: Problem['path']): readonly Problem[] {
  const ids = configs.map(idOf);
  return configs.flatMap((config, index) => {
    const at = [...path, index];
    const id = ids[index]!;
    if (ids.indexOf(id) < index && configs[index]!.id !== undefined)
      return [{ path: [...at, 'id'], message: `There are two operators with the id "${id}".` }];
    try {
      compileOne(config, { now: Date.now });
    } catch (error) {
      if (!(error instanceof OperatorProblem)) throw error;
      const message = `The operator ${id}: ${error.key === undefined ? '' : `${error.key} `}${error.message}.`;
      return [{ path: error.key === undefined ? at : [...at, error.key], message }];
    }
    const targets = [config.output, config.default, ...(config.routes ?? []).map(({ output }) => output)];
    return targets
      .filter((target) => target !== undefined && !isAfter(ids, index, target))
      .map((target) => ({
        path: at,
        message: ids.includes(target!)
          ? `The operator ${id} cannot send back to "${target}", which comes before it.`
          : `The operator ${id} sends to "${target}", and there is no operator with this id.`,
      }));
  });
}

const idOf = ({ id, type }: OperatorConfig): string => id ?? type;
const isAfter = (ids: readonly string[], index: number, target: string): boolean => ids.lastIndexOf(target) > index;

interface Compiled {
  readonly id: string;
  readonly onError: OnError;
  readonly condition: Expression | undefined;
  /** The index of the operator that is next. */
  readonly next: number;
  create(): Operator | RoutingOperator;
}

function compileOne(config: OperatorConfig, host: OperatorHost): Pick<Compiled, 'create' | 'condition'> {
  const type: OperatorType | undefined = Object.hasOwn(operatorTypes, config.type)
    ? operatorTypes[config.type]
    : undefined;
  if (!type) throw new OperatorProblem(`is not known; there are ${Object.keys(operatorTypes).join(', ')}`, 'type');
  const known = [...always, ...type.keys];
  for (const key of Object.keys(config) as (keyof OperatorConfig)[])
    if (config[key] !== undefined && !known.includes(key))
      throw new OperatorProblem(
        `is not a key of ${config.type}; it takes ${[...type.keys, ...always].join(', ')}`,
        key,
      );
  for (const key of type.required ?? []) if (config[key] === undefined) throw new OperatorProblem(`needs ${key}`);
  return {
    create: type.compile(config, host),
    condition: config.if === undefined ? undefined : parseExpression(config.if),
  };
}

/** For configs in which `checkOperators` finds nothing wrong; throws an OperatorProblem for others. */
export function compileOperators(configs: readonly OperatorConfig[], events: OperatorEvents): Operators {
  const ids = configs.map(idOf);
  const indexAfter = (index: number, target: string | undefined): number =>
    target === undefined ? index + 1 : ids.indexOf(target, index + 1);
  const compiled = configs.map(
    (config, index): Compiled => ({
      id: ids[index]!,
      onError: config.on_error ?? 'send',
      next: indexAfter(index, config.output),
      ...compileOne(config, events),
    }),
  );

  function createChain(out: Emit): Chain {
    const operators = compiled.map(({ create }) => create());
    const enter = (index: number, entry: Entry): void => {
      const link = compiled[index];
      if (!link) return out(entry);
      try {
        if (link.condition && !isTrue(link.condition(entry))) return pass(link, entry);
      } catch (error) {
        return fail(link, entry, error);
      }
      return run(index, link, entry);
    };
    const pass = (link: Compiled, entry: Entry): void => enter(link.next, entry);
    const fail = (link: Compiled, entry: Entry, error: unknown): void => {
      if (!(error instanceof EntryError)) throw error;
      events.failed(link.id, link.onError, error);
      if (link.onError.startsWith('send')) pass(link, entry);
    };
    // What is emitted goes on after the operator has returned: an error of a later one is not this one's.
    const emitted: Entry[] = [];
    const emit = (entry: Entry): void => void emitted.push(entry);
    const handOn = (link: Compiled): number => {
      if (emitted.length === 0) return 0;
      const entries = emitted.splice(0);
      for (const entry of entries) pass(link, entry);
      return entries.length;
    };

    function run(index: number, link: Compiled, entry: Entry): void {
      const operator = operators[index]!;
      if ('route' in operator) {
        let target: string | undefined;
        try {
          target = operator.route(entry);
        } catch (error) {
          return fail(link, entry, error);
        }
        if (target === undefined) return events.filtered(link.id);
        return enter(indexAfter(index, target), entry);
      }
      try {
        operator.process(entry, emit);
      } catch (error) {
        emitted.length = 0;
        return fail(link, entry, error);
      }
      if (handOn(link) === 0 && !operator.held) events.filtered(link.id);
    }

    return {
      process: (entry) => enter(0, entry),
      flush(now) {
        for (const [index, operator] of operators.entries()) {
          if (!('flush' in operator)) continue;
          operator.flush?.(now, emit);
          handOn(compiled[index]!);
        }
      },
      held: () => operators.flatMap((operator) => ('held' in operator && operator.held?.()) || []),
    };
  }

  return { isEmpty: configs.length === 0, createChain };
}
