import { describe, expect, test } from 'vitest';
import { cut, readPage, readText } from '../testdata/read.ts';
import { PageError } from './index.ts';

type Case = readonly [what: string, text: string, samples: readonly (readonly unknown[])[]];

const both: readonly Case[] = [
  ['a name alone', 'up 1\n', [['up', {}, 1]]],
  ['no labels between braces', 'up{} 1\n', [['up', {}, 1]]],
  ['a colon and digits in a name', ':a:b_9 1\n', [[':a:b_9', {}, 1]]],
  ['labels', 'a{b="c",_d1="e"} 1\n', [['a', { b: 'c', _d1: 'e' }, 1]]],
  ['a comma after the last label', 'a{b="c",} 1\n', [['a', { b: 'c' }, 1]]],
  ['a label without a value is none', 'a{b="",c="d"} 1\n', [['a', { c: 'd' }, 1]]],
  ['escapes', 'a{b="\\\\ \\" \\n"} 1\n', [['a', { b: '\\ " \n' }, 1]]],
  ['an escape that is none', 'a{b="\\x"} 1\n', [['a', { b: '\\x' }, 1]]],
  ['a backslash at the end', 'a{b="c\\\\"} 1\n', [['a', { b: 'c\\' }, 1]]],
  ['braces, commas and # in a value', 'a{b="}{,# "} 1\n', [['a', { b: '}{,# ' }, 1]]],
  ['UTF-8 in a value', 'a{b="日本 é 🦀"} 1\n', [['a', { b: '日本 é 🦀' }, 1]]],
  ['a name in quotes', '{"a.b"} 1\n', [['a.b', {}, 1]]],
  ['a name in quotes and labels', '{"a.b",c="d"} 1\n', [['a.b', { c: 'd' }, 1]]],
  ['a name in quotes after labels', '{c="d","a.b"} 1\n', [['a.b', { c: 'd' }, 1]]],
  ['label names in quotes', 'a{"b.c"="d","é"="f"} 1\n', [['a', { 'b.c': 'd', é: 'f' }, 1]]],
  [
    'names of objects',
    'a{__proto__="b",constructor="c",toString="d"} 1\n',
    [
      [
        'a',
        Object.fromEntries([
          ['__proto__', 'b'],
          ['constructor', 'c'],
          ['toString', 'd'],
        ]),
        1,
      ],
    ],
  ],
  [
    'labels that are numbers',
    'a{"2"="b","1"="c"} 1\na{"2"="b","1"="d"} 2\n',
    [
      ['a', { 1: 'c', 2: 'b' }, 1],
      ['a', { 1: 'd', 2: 'b' }, 2],
    ],
  ],
  [
    'a label more, a label less, another order',
    'a{b="1"} 1\na{b="1",c="2"} 2\na{c="2",b="1"} 3\na{c="2"} 4\na 5\n',
    [
      ['a', { b: '1' }, 1],
      ['a', { b: '1', c: '2' }, 2],
      ['a', { c: '2', b: '1' }, 3],
      ['a', { c: '2' }, 4],
      ['a', {}, 5],
    ],
  ],
  [
    'a name that begins another',
    'a 1\na_b 2\na{c="d"} 3\na 1\n',
    [
      ['a', {}, 1],
      ['a_b', {}, 2],
      ['a', { c: 'd' }, 3],
      ['a', {}, 1],
    ],
  ],
];

const textOnly: readonly Case[] = [
  ['nothing', '', []],
  ['no line feed at the end', 'up 1', [['up', {}, 1]]],
  ['blank lines', '\n \n\t\nup 1\n\n', [['up', {}, 1]]],
  ['comments', '# anything\n#\n#TYPE a b\n# TYPES a b\n# UNIT a b\nup 1\n', [['up', {}, 1]]],
  ['blanks everywhere', ' \ta { b = "c" , d="e" , }\t 1  2 \n', [['a', { b: 'c', d: 'e' }, 1, { timeMs: 2 }]]],
  ['no blank after the brace', 'a{b="c"}1\n', [['a', { b: 'c' }, 1]]],
  ['labels without commas', 'a{b="c"d="e"} 1\n', [['a', { b: 'c', d: 'e' }, 1]]],
  ['a time', 'a 1 1395066363000\n', [['a', {}, 1, { timeMs: 1395066363000 }]]],
  ['a time before the epoch', 'a 1 -3982045\n', [['a', {}, 1, { timeMs: -3982045 }]]],
  [
    'EOF is a comment',
    'a 1\n# EOF\nb 2\n',
    [
      ['a', {}, 1],
      ['b', {}, 2],
    ],
  ],
];

const openOnly: readonly Case[] = [
  ['nothing', '', []],
  ['a time', 'a 1 1.5\n', [['a', {}, 1, { timeMs: 1500 }]]],
  [
    'an exemplar',
    'a_total 1 # {b="c"} 0.5\n',
    [['a_total', {}, 1, { timeMs: undefined, exemplar: { labels: { b: 'c' }, value: 0.5 } }]],
  ],
  [
    'an exemplar with times',
    'a_total{d="e"} 1 2 # {} 3 4.25\n',
    [['a_total', { d: 'e' }, 1, { timeMs: 2000, exemplar: { labels: {}, value: 3, timeMs: 4250 } }]],
  ],
];

describe.each(['prometheus', 'openmetrics'] as const)('%s', (format) => {
  const own = format === 'prometheus' ? textOnly : openOnly;
  test.each([...both, ...own])('%s', (_, text, samples) => {
    const page = Buffer.from(format === 'prometheus' ? text : `${text}# EOF\n`);
    expect(readPage([page], format).samples).toEqual(samples);
    for (let at = 1; at < page.length; at++)
      expect(readPage([page.subarray(0, at), page.subarray(at)], format).samples).toEqual(samples);
    expect(readPage(cut(page, 1), format).samples).toEqual(samples);
  });
});

test('metadata', () => {
  const text =
    '# HELP a_seconds What \\\\ it\\n is "\\".\n# TYPE a_seconds gauge\n# TYPE "b.c" counter\n# HELP d\n# HELP d \n';
  expect(readText(text, 'prometheus').told).toEqual([
    ['help', 'a_seconds', 'What \\ it\n is "\\".'],
    ['type', 'a_seconds', 'gauge'],
    ['type', 'b.c', 'counter'],
    ['help', 'd', ''],
    ['help', 'd', ''],
  ]);
  expect(readText('# TYPE a_seconds stateset\n# UNIT a_seconds seconds\n# UNIT b \n# EOF', 'openmetrics').told).toEqual(
    [
      ['type', 'a_seconds', 'stateset'],
      ['unit', 'a_seconds', 'seconds'],
      ['unit', 'b', ''],
    ],
  );
  expect(readText('# TYPE a untyped', 'prometheus').told).toEqual([['type', 'a', 'unknown']]);
});

describe('what is wrong', () => {
  test('is an error that says where', () => {
    try {
      readText(`a 1\nb${'x'.repeat(200)} y\n`, 'prometheus');
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(PageError);
      expect(error).toMatchObject({ kind: 'syntax', line: 2, excerpt: `b${'x'.repeat(119)}…` });
    }
  });

  const textFaults: readonly (readonly [string, string])[] = [
    ['9 1', 'Line 1: expected the name of a metric, got "9": 9 1'],
    ['a', 'Line 1: expected a value, got the end of the line: a'],
    ['a 1\nb x', 'Line 2: expected a value, got "x": b x'],
    ['a 1 2 3', 'Line 1: expected the end of the line after the timestamp, got "3": a 1 2 3'],
    ['a 1 1.5', 'Line 1: expected a timestamp, an integer in milliseconds, got "1": a 1 1.5'],
    [
      'a 1 99999999999999999',
      'Line 1: expected a timestamp, an integer in milliseconds, got "9": a 1 99999999999999999',
    ],
    ['a{b="c" 1', 'Line 1: expected a label name or }, got "1": a{b="c" 1'],
    ['a{b="c} 1', 'Line 1: expected a quote after a label value, got the end of the line: a{b="c} 1'],
    ['a{b=c} 1', 'Line 1: expected a label value in quotes, got "c": a{b=c} 1'],
    ['a{b} 1', 'Line 1: expected = after a label name, got "}": a{b} 1'],
    ['a{9="c"} 1', 'Line 1: expected a label name or }, got "9": a{9="c"} 1'],
    ['a{,} 1', 'Line 1: expected a label name or }, got ",": a{,} 1'],
    ['a{b="c",b="d"} 1', 'Line 1: the label b is there twice: a{b="c",b="d"} 1'],
    ['a{__name__="c"} 1', 'Line 1: the label __name__ is there twice: a{__name__="c"} 1'],
    ['a{""="c"} 1', 'Line 1: the name of a label is empty: a{""="c"} 1'],
    ['{b="c"} 1', 'Line 1: there is no name: {b="c"} 1'],
    ['{""} 1', 'Line 1: the name of the metric is empty: {""} 1'],
    ['{"a","b"} 1', 'Line 1: expected = after a label name, got "}": {"a","b"} 1'],
    ['a{"b"} 1', 'Line 1: expected = after a label name, got "}": a{"b"} 1'],
    ['a{b="c"}{d="e"} 1', 'Line 1: expected a value, got "{": a{b="c"}{d="e"} 1'],
    ['a 1\r\n', 'Line 1: expected a value, got "1": a 1\r'],
    [
      '# TYPE a info',
      'Line 1: "info" is not a type; they are counter, gauge, histogram, summary, untyped: # TYPE a info',
    ],
    ['# TYPE a', 'Line 1: "" is not a type; they are counter, gauge, histogram, summary, untyped: # TYPE a'],
    ['# HELP 9', 'Line 1: expected the name of a metric, got "9": # HELP 9'],
    ['a 1e999', 'Line 1: 1e999 is beyond what a float64 can be: a 1e999'],
  ];
  test.each(textFaults)('%j', (text, message) => {
    expect(() => readText(text, 'prometheus')).toThrow(message);
  });

  const openFaults: readonly (readonly [string, string])[] = [
    ['a 1\n', 'Line 2: the page does not end with # EOF'],
    ['a 1\n# EO', 'Line 2: expected # TYPE, # HELP, # UNIT or # EOF: # EO'],
    ['# EOF\na 1', 'Line 2: expected nothing after # EOF: a 1'],
    ['# EOF\n\n', 'Line 2: expected nothing after # EOF'],
    ['\n# EOF', 'Line 1: expected the name of a metric, got the end of the line'],
    ['# a comment\n# EOF', 'Line 1: expected # TYPE, # HELP, # UNIT or # EOF: # a comment'],
    ['a  1\n# EOF', 'Line 1: expected a value, got " ": a  1'],
    ['a 1 \n# EOF', 'Line 1: expected a timestamp, got the end of the line: a 1 '],
    ['a{b="c"}1\n# EOF', 'Line 1: expected a space before the value, got "1": a{b="c"}1'],
    ['a{b="c" ,d="e"} 1\n# EOF', 'Line 1: expected a comma or } after a label, got " ": a{b="c" ,d="e"} 1'],
    ['a{b="c"d="e"} 1\n# EOF', 'Line 1: expected a comma or } after a label, got "d": a{b="c"d="e"} 1'],
    ['a 1 nan\n# EOF', 'Line 1: expected a timestamp in seconds, got "n": a 1 nan'],
    [
      'a 1 # {b="c"}\n# EOF',
      'Line 1: expected a space before the value of the exemplar, got the end of the line: a 1 # {b="c"}',
    ],
    ['a 1 # x\n# EOF', 'Line 1: expected an exemplar, # {…}, got " ": a 1 # x'],
    ['a 1 # {"b"} 1\n# EOF', 'Line 1: expected = after a label name, got "}": a 1 # {"b"} 1'],
    ['# UNIT a seconds\n# EOF', 'Line 1: the name a does not end with its unit, _seconds: # UNIT a seconds'],
    ['# TYPE a untyped\n# EOF', 'Line 1: "untyped" is not a type'],
    ['# TYPE  a gauge\n# EOF', 'Line 1: expected the name of a metric, got " ": # TYPE  a gauge'],
  ];
  test.each(openFaults)('%j', (text, message) => {
    expect(() => readText(text, 'openmetrics')).toThrow(message);
  });

  test('bytes that are no UTF-8', () => {
    expect(() => readPage([Buffer.from('a{b="\xff"} 1\n', 'latin1')], 'prometheus')).toThrow(
      'a label value is not UTF-8',
    );
    expect(() => readPage([Buffer.from('# HELP a \xff\n', 'latin1')], 'prometheus')).toThrow(
      'what # HELP says is not UTF-8',
    );
  });
});

test('numbers', () => {
  const value = (text: string): unknown => {
    try {
      return readText(`a ${text}\n`, 'prometheus').samples[0]?.[2];
    } catch {
      return 'refused';
    }
  };
  const cases: readonly (readonly [string, number | 'refused'])[] = [
    ['1', 1],
    ['-1', -1],
    ['+1', 1],
    ['0', 0],
    ['-0', -0],
    ['.5', 0.5],
    ['5.', 5],
    ['5.e1', 50],
    ['1e3', 1000],
    ['1E-3', 0.001],
    ['9007199254740991', 9007199254740991],
    ['9007199254740993', 9007199254740992],
    ['18446744073709551615', 2 ** 64],
    ['0.1', 0.1],
    ['0.30000000000000004', 0.1 + 0.2],
    ['123456789012345678901234567890', 1.2345678901234568e29],
    ['1.7976931348623157e308', Number.MAX_VALUE],
    ['5e-324', 5e-324],
    ['1e-400', 0],
    ['2.2250738585072011e-308', 2.225073858507201e-308],
    ['1e22', 1e22],
    ['1e23', 1e23],
    ['8.5e-23', 8.5e-23],
    ['00001', 1],
    ['NaN', Number.NaN],
    ['nan', Number.NaN],
    ['Inf', Infinity],
    ['+inf', Infinity],
    ['-INFINITY', -Infinity],
    ['1e400', 'refused'],
    ['-1e400', 'refused'],
    ['+nan', 'refused'],
    ['0x1', 'refused'],
    ['0x1p1', 'refused'],
    ['1_000', 'refused'],
    ['1e', 'refused'],
    ['1e+', 'refused'],
    ['.', 'refused'],
    ['-', 'refused'],
    ['e1', 'refused'],
    ['infin', 'refused'],
    ['1.2.3', 'refused'],
    ['１', 'refused'],
    ['--1', 'refused'],
    ['1,5', 'refused'],
  ];
  expect(cases.map(([text]) => [text, value(text)])).toEqual(cases.map(([...one]) => one));
});

test('limits', () => {
  const long = `a{b="${'x'.repeat(100)}"} 1\n`;
  expect(() => readText(long, 'prometheus', { lineBytes: 100 })).toThrow('Line 1: longer than 100 bytes: a{b="xxx');
  for (const size of [1, 7, 64, 1000])
    expect(() => readPage(cut(Buffer.from(`up 1\n${long}`), size), 'prometheus', { lineBytes: 100 })).toThrow(
      'Line 2: longer than 100 bytes',
    );
  expect(() => readText('a 1\nb 2\n', 'prometheus', { samples: 1 })).toThrow('Line 2: more than 1 samples: b 2');
  expect(() => readText('a{b="1",c="2"} 1\n', 'prometheus', { labels: 1 })).toThrow('Line 1: more than 1 labels');
  expect(() => readText('a 1\nb 2\n', 'prometheus', { pageBytes: 7 })).toThrow('the page is longer than 7 bytes');
});
