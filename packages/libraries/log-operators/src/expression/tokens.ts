import { OperatorProblem } from '../problem.ts';

export interface Token {
  readonly type: 'string' | 'number' | 'name' | 'sign' | 'end';
  readonly text: string;
}

const pattern =
  /\s+|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|`([^`]*)`|(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(\$?[A-Za-z_]\w*|\$)|(==|!=|<=|>=|&&|\|\||\?\?|\?\.|[<>!+\-*/%()[\].,?:])/y;

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '0': '\0' };

export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  pattern.lastIndex = 0;
  while (pattern.lastIndex < text.length) {
    const at = pattern.lastIndex;
    const match = pattern.exec(text);
    if (!match) throw new OperatorProblem(`the expression cannot be read from "${text.slice(at)}" on`);
    const [, double, single, raw, number, name, sign] = match;
    const quoted = double ?? single;
    if (quoted !== undefined)
      tokens.push({ type: 'string', text: quoted.replace(/\\(.)/gs, (_, one: string) => escapes[one] ?? one) });
    else if (raw !== undefined) tokens.push({ type: 'string', text: raw });
    else if (number !== undefined) tokens.push({ type: 'number', text: number });
    else if (name !== undefined) tokens.push({ type: 'name', text: name });
    else if (sign !== undefined) tokens.push({ type: 'sign', text: sign });
  }
  return [...tokens, { type: 'end', text: 'the end' }];
}
