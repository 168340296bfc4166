import type { ConfigOf, ConfigSchema, Problem } from '@millrace/core';

export const config = {
  properties: {
    token: { type: 'string', format: 'secret', description: 'The token.' },
    tokens: {
      type: 'array',
      minItems: 1,
      items: { type: 'string', format: 'secret', description: 'A token.' },
      description: 'Several tokens: a server takes each of them, a client shows the first.',
    },
    filename: {
      type: 'string',
      minLength: 1,
      description:
        'A file with one token a line, which is read again when it has changed. It wins over `token` and `tokens`.',
    },
    scheme: {
      type: 'string',
      default: 'Bearer',
      pattern: '^[!-~]*$',
      description: 'What stands before the token, and a space. Empty: nothing.',
    },
    header: {
      type: 'string',
      default: 'Authorization',
      pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$",
      description: 'The header in which the token is sent.',
    },
  },
} as const satisfies ConfigSchema;

export type Config = ConfigOf<typeof config>;

export function check({ token, tokens, filename }: Config): readonly Problem[] {
  const problems: Problem[] = [];
  if (token === undefined && tokens === undefined && filename === undefined)
    problems.push({ path: [], message: 'There is no token: give token, tokens or filename.' });
  if (token !== undefined && tokens !== undefined)
    problems.push({ path: ['token'], message: 'Give token or tokens, not both.' });
  const given: [Problem['path'], string][] = [
    ...(token === undefined ? [] : [[['token'], token] as [Problem['path'], string]]),
    ...(tokens ?? []).map((one, index): [Problem['path'], string] => [['tokens', index], one]),
  ];
  for (const [path, one] of given) {
    const wrong = problemOf(one.trim());
    if (wrong) problems.push({ path, message: `The token ${wrong}.` });
  }
  return problems;
}

/** The tokens of a file. Throws what is wrong, without the token. */
export function tokensIn(text: string): readonly string[] {
  const tokens = text.split('\n').map((line) => line.trim());
  for (const [index, token] of tokens.entries()) {
    const wrong = token === '' ? undefined : problemOf(token);
    if (wrong) throw new Error(`the token in line ${index + 1} ${wrong}`);
  }
  const found = tokens.filter((token) => token !== '');
  if (found.length === 0) throw new Error('it has no token');
  return found;
}

function problemOf(token: string): string | undefined {
  if (token === '') return 'is empty';
  return /^[ -~]+$/.test(token) ? undefined : 'has a character that a header cannot have';
}
