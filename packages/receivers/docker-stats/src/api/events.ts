import { parse, record } from './engine.ts';

/** One event of a container. */
export interface ContainerEvent {
  readonly id: string;
  /** create, start, die, oom, …: Docker's words. */
  readonly action: string;
  /** Of a health check: healthy, unhealthy or starting. */
  readonly detail: string | undefined;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** The `since` for what comes after it: seconds, with nanoseconds. */
  readonly next: string;
  /** Name, image and labels of the container, and what belongs to the event: exitCode, signal, oldName. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** Podman has some words of its own. */
const dockersWords: Readonly<Record<string, string>> = { remove: 'destroy', died: 'die' };

/** Reads a line of `GET /events`; undefined for what is about no container. Throws an EngineError for what is no event. */
export function parseEvent(line: string): ContainerEvent | undefined {
  const said = record(parse(line, '/events'), '/events');
  const { Type: type, Action: action, Actor: actor, time } = said;
  const { ID: id, Attributes: attributes } = (actor ?? {}) as { ID?: unknown; Attributes?: unknown };
  if (type !== 'container' || typeof action !== 'string' || typeof id !== 'string') return undefined;
  const [word = '', detail] = action.split(': ');
  const seconds = typeof time === 'number' ? time : 0;
  // Nanoseconds are beyond 2^53, so they are taken from the text. The labels of a container come before them.
  const [, nanos] = /"timeNano":\s*(\d+)[^"]*$/.exec(line) ?? [];
  const at = nanos === undefined ? BigInt(Math.trunc(seconds)) * second : BigInt(nanos);
  return {
    id,
    action: dockersWords[word] ?? word,
    detail,
    time: Number(at / 1_000_000n),
    next: `${(at + 1n) / second}.${String((at + 1n) % second).padStart(9, '0')}`,
    attributes: stringsOf(attributes),
  };
}

const second = 1_000_000_000n;

const stringsOf = (value: unknown): Readonly<Record<string, string>> =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, String(one)]))
    : {};
