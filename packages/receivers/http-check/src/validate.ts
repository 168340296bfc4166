import type { IncomingHttpHeaders } from 'node:http';
import type { ValidationConfig } from './config.ts';
import { equalsText, parsePath, valueAt } from './json-path.ts';
import { parseStatuses } from './statuses.ts';

/** An answer as far as it was read. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The body was longer, and this is its beginning. */
  readonly isCut: boolean;
}

export interface Tally {
  readonly type: string;
  passed: number;
  failed: number;
}

export interface Verdict {
  /** For each kind of validation that there is. */
  readonly tallies: readonly Tally[];
  /** What the first that failed wanted. */
  readonly complaint: string | undefined;
}

interface Rule {
  readonly type: string;
  readonly wants: string;
  holds(answer: Answer, body: Body): boolean;
}

/** The body in the forms that rules ask for, each made once. */
interface Body {
  text(): string;
  json(): unknown;
}

/** Judges answers. Without a validation of the status, one of 400 and more is bad, which no tally tells. */
export function createJudge(validations: readonly ValidationConfig[]): (answer: Answer) => Verdict {
  const rules = validations.flatMap((validation) => [...rulesOf(validation)]);
  const judgesStatus = rules.some(({ type }) => type === 'status');
  return (answer) => {
    const body = bodyOf(answer.body);
    const tallies = new Map<string, Tally>();
    let complaint = judgesStatus || answer.status < 400 ? undefined : `The status is ${answer.status}.`;
    for (const { type, wants, holds } of rules) {
      let tally = tallies.get(type);
      if (!tally) tallies.set(type, (tally = { type, passed: 0, failed: 0 }));
      if (holds(answer, body)) tally.passed++;
      else {
        tally.failed++;
        complaint ??= type === 'status' ? `The status is ${answer.status}, not ${wants}.` : `${wants}.`;
      }
    }
    return { tallies: [...tallies.values()], complaint };
  };
}

function* rulesOf(validation: ValidationConfig): Generator<Rule> {
  const { contains, not_contains: without, regex, json_path: path, equals, header, matches, status } = validation;
  const { min_size: least, max_size: most } = validation;
  const shown = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);
  if (status !== undefined) {
    const isOne = parseStatuses(status)!;
    yield { type: 'status', wants: String(status), holds: (answer) => isOne(answer.status) };
  }
  if (header !== undefined) {
    const name = header.toLowerCase();
    const pattern = matches === undefined ? undefined : new RegExp(matches);
    yield {
      type: 'header',
      wants: pattern ? `The header ${header} does not match ${pattern}` : `There is no header ${header}`,
      holds({ headers }) {
        const value = headers[name];
        return value !== undefined && (!pattern || pattern.test(String(value)));
      },
    };
  }
  if (contains !== undefined)
    yield {
      type: 'contains',
      wants: `The body has no ${shown(contains)}`,
      holds: (_, body) => body.text().includes(contains),
    };
  if (without !== undefined)
    yield {
      type: 'not_contains',
      wants: `The body has ${shown(without)}, or is too long to tell`,
      holds: ({ isCut }, body) => !isCut && !body.text().includes(without),
    };
  if (path !== undefined) {
    const steps = parsePath(path)!;
    yield {
      type: 'json_path',
      wants: equals === undefined ? `The body has no ${path}` : `${path} is not ${shown(equals)}`,
      holds(_, body) {
        const value = valueAt(body.json(), steps);
        return value !== undefined && (equals === undefined || equalsText(value, equals));
      },
    };
  }
  if (most !== undefined)
    yield {
      type: 'size',
      wants: `The body has more than ${most} bytes`,
      holds: ({ body, isCut }) => !isCut && body.length <= most,
    };
  if (least !== undefined)
    yield { type: 'size', wants: `The body has less than ${least} bytes`, holds: ({ body }) => body.length >= least };
  if (regex !== undefined) {
    const pattern = new RegExp(regex);
    yield { type: 'regex', wants: `The body does not match ${pattern}`, holds: (_, body) => pattern.test(body.text()) };
  }
}

function bodyOf(bytes: Buffer): Body {
  let text: string | undefined;
  let json: { readonly value: unknown } | undefined;
  const asText = (): string => (text ??= bytes.toString());
  return {
    text: asText,
    json: () => (json ??= { value: parsed(asText()) }).value,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
