import { cells } from '../screen.ts';
import { harmless } from '../watch/harmless.ts';
import { paint } from '../watch/paint.ts';
import { type Page, wrap } from '../watch/table.ts';
import type { ArgumentSchema, ArgumentsSchema } from './arguments.ts';

/** A command of a receiver, as `GET /v1/commands` lists it. */
export interface Offered {
  readonly receiver: string;
  readonly command: string;
  readonly description: string;
  readonly arguments?: ArgumentsSchema;
  readonly changes?: boolean;
}

/** A block a receiver: its commands with what they do, and their arguments. */
export function offeredLines(offered: readonly Offered[], page: Page): string[] {
  if (offered.length === 0) return ['No receiver here can be asked.'];
  const blocks = [...Map.groupBy(offered, ({ receiver }) => receiver)].map(([receiver, commands]) => {
    const name = harmless(receiver, 100);
    const lines = explained(
      commands.flatMap((one) => [commandLine(one), ...argumentLines(one.arguments)]),
      page.width,
    );
    return [page.color ? paint('bold', name) : name, ...lines];
  });
  return blocks.flatMap((block, at) => (at === 0 ? block : ['', ...block]));
}

type Explained = readonly [text: string, explanation: string];

const commandLine = ({ command, description, changes = false }: Offered): Explained => [
  `  ${harmless(command, 60)}`,
  `${harmless(description)}${changes ? ' (changes something)' : ''}`,
];

const argumentLines = ({ properties = {}, required = [] }: ArgumentsSchema = {}): Explained[] =>
  Object.entries(properties).map(([key, schema]) => {
    const use = `${harmless(key, 60)}=<${typeText(schema)}>`;
    const byDefault = schema.default === undefined ? '' : ` Default: ${harmless(JSON.stringify(schema.default))}`;
    return [`    ${required.includes(key) ? use : `[${use}]`}`, `${harmless(schema.description ?? '')}${byDefault}`];
  });

/** The explanations below each other, beside the texts where there is room, otherwise below them. */
function explained(lines: readonly Explained[], width: number): string[] {
  const left = Math.max(...lines.map(([text]) => cells(text))) + 2;
  const beside = width - left >= 30;
  return lines.flatMap(([text, explanation]) => {
    const [first = '', ...rest] = wrap(explanation, width - (beside ? left : 8));
    if (!beside) return [text, ...[first, ...rest].map((line) => `        ${line}`)];
    const start = text + ' '.repeat(left - cells(text));
    return [`${start}${first}`, ...rest.map((line) => ' '.repeat(left) + line)];
  });
}

const typeText = ({ type = 'value', enum: allowed }: ArgumentSchema): string =>
  harmless(allowed ? allowed.join('|') : [type].flat().join('|'), 100);
