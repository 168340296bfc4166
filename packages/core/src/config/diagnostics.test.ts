import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { type Diagnostic, formatDiagnostic } from './diagnostics.ts';
import { maskLikelySecrets } from './mask.ts';
import { closest } from './suggest.ts';

const diagnostic: Diagnostic = {
  location: { file: 'c.yaml', line: 12, column: 5, length: 3, source: '    foo: 10s' },
  message: 'unknown key "foo"',
  hint: 'Allowed: bar',
};

describe('a diagnostic', () => {
  test('reads like a compiler’s', () => {
    expect(formatDiagnostic(diagnostic)).toBe(
      ['c.yaml:12:5: error: unknown key "foo"', '   12 |     foo: 10s', '      |     ^^^', '     = Allowed: bar'].join(
        '\n',
      ),
    );
  });

  test('is the same in color', () => {
    const colored = formatDiagnostic(diagnostic, { color: true });
    expect(colored).not.toBe(formatDiagnostic(diagnostic));
    expect(stripVTControlCharacters(colored)).toBe(formatDiagnostic(diagnostic));
  });

  test('sends no control characters of the config to the terminal', () => {
    const source = `a: \u001b[31mred\u0007`;
    const text = formatDiagnostic({
      location: { file: 'c', line: 1, column: 1, length: 1, source },
      message: 'x\u001b[2J',
    });
    // oxlint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f]/);
  });

  test('of a very long line shows where the caret is', () => {
    for (const column of [1, 50, 5000, 9998]) {
      const source = `${'x'.repeat(column - 1)}foo${'y'.repeat(9998 - column)}`;
      const [, line = '', caret = ''] = formatDiagnostic({
        message: '',
        location: { file: 'c', line: 1, column, length: 3, source },
      }).split('\n');
      expect(line.slice(caret.indexOf('^'), caret.lastIndexOf('^') + 1)).toBe('foo');
      expect(line.length).toBeLessThan(130);
    }
  });
});

describe('what sounds like a secret', () => {
  const cases = [
    { source: 'password: hunter2', want: 'password: [REDACTED]' },
    { source: '  "api_key" : "a b", x: 1', want: '  "api_key" : [REDACTED], x: 1' },
    { source: 'db_password: ${env:PW}', want: 'db_password: ${env:PW}' },
    { source: 'authorization: "${env:PW}"', want: 'authorization: "${env:PW}"' },
    { source: 'endpoint: a:1', want: 'endpoint: a:1' },
    { source: '  password hunter2', want: '  password [REDACTED]' },
    { source: 'password:hunter2', want: 'password:[REDACTED]' },
    { source: 'password:', want: 'password:' },
    { source: 'a.token=xyz', want: 'a.token=[REDACTED]' },
  ];
  for (const { source, want } of cases)
    test(source, () => {
      expect(maskLikelySecrets({ file: 'c', line: 1, column: 1, length: 1, source }).source).toBe(want);
    });

  test('is hidden with the caret where it belongs', () => {
    const source = 'token: "x", foo: 1';
    const masked = maskLikelySecrets({ file: 'c', line: 1, column: source.indexOf('foo') + 1, length: 3, source });
    expect(masked.source.slice(masked.caret!.column - 1, masked.caret!.column + 2)).toBe('foo');
  });
});

describe('what was probably meant', () => {
  const words = ['collection_interval', 'timeout', 'initial_delay', 'n'];
  const cases: readonly [string, string | undefined][] = [
    ['colection_interval', 'collection_interval'],
    ['collectionInterval', 'collection_interval'],
    ['Timeout', 'timeout'],
    ['tiemout', 'timeout'],
    ['initial-delay', 'initial_delay'],
    ['endpoint', undefined],
    ['xyz', undefined],
  ];
  for (const [word, want] of cases) test(`by ${word}`, () => expect(closest(word, words)).toBe(want));
});
