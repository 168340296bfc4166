import type { Config, Lists } from '../config.ts';
import type { Container } from './container.ts';
import { anyOf, type Match } from './pattern.ts';

export interface Selection {
  /** Whether containers that do not run may be wanted: the engine is then asked for all. */
  readonly stopped: boolean;
  /** From the list alone, before a container is inspected. */
  wantsState(state: string | undefined): boolean;
  wants(container: Container): boolean;
  /** Of an event: the container may just have come, or gone. */
  wantsInAnyState(container: Container): boolean;
}

type Test = (container: Container) => boolean;

/** `include`, `exclude` and `excluded_images`. A container matches lists when each that is not empty has an entry for it. */
export function selectionOf({ include, exclude, excluded_images: images }: Config): Selection {
  const included = testsOf(include);
  const excluded = testsOf(exclude);
  const excludedImage = anyOf(images);
  const state = anyOf(include.states);
  const wantsState = (one: string | undefined): boolean =>
    one === undefined || include.states.length === 0 || state(one);
  const chosen =
    (includes: readonly Test[]): Test =>
    (container) =>
      includes.every((test) => test(container)) &&
      !(excluded.length > 0 && excluded.every((test) => test(container))) &&
      !excludedImage(container.image);
  return {
    stopped: ['created', 'exited', 'dead', 'removing'].some(wantsState),
    wantsState,
    wants: chosen(included),
    wantsInAnyState: chosen(testsOf({ ...include, states: [] })),
  };
}

function testsOf({ names, images, labels, states }: Lists): readonly Test[] {
  const tests: Test[] = [];
  const add = (patterns: readonly string[], test: (matches: Match) => Test): void => {
    if (patterns.length > 0) tests.push(test(anyOf(patterns)));
  };
  add(names, (matches) => (container) => matches(container.name));
  add(images, (matches) => (container) => matches(container.image));
  add(
    labels,
    (matches) => (container) =>
      matches(...Object.entries(container.labels).flatMap(([key, value]) => [key, `${key}=${value}`])),
  );
  add(states, (matches) => (container) => matches(container.state));
  return tests;
}
