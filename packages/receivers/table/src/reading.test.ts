import { describe, expect, it } from 'vitest';
import { leveldb, reading, recorded, transactionData } from '../testdata/reading.ts';

const levels = { metrics: [{ name: 'files', column: 'Files', attributes: { level: 'Level' } }] };

describe('recorded tables', () => {
  it.each(['leveldb-1.20/stats.txt', 'leveldb-1.22/stats.txt'])('%s', async (file) => {
    const { text, faults } = reading(leveldb)(recorded(file));
    expect(faults).toEqual([]);
    await expect(text).toMatchFileSnapshot(`../testdata/expected-${file.replace('/', '-')}`);
  });

  it('a LevelDB that has written nothing has no rows', () => {
    expect(reading(leveldb)(recorded('leveldb-1.20/stats-empty.txt'))).toMatchObject({ lines: [], faults: [] });
  });

  it('the answer of ResilientDB, with the table in it', async () => {
    const { text, faults } = reading({
      source: { url: 'http://localhost/', json_path: 'level_db_stats' },
      ...transactionData,
    })(recorded('transaction-data.json'));
    expect(faults).toEqual([]);
    await expect(text).toMatchFileSnapshot('../testdata/expected-transaction-data.txt');
  });

  it('/proc/net/dev, whose header names columns twice', async () => {
    const io = (column: number, direction: string) => ({
      name: 'system.network.io',
      column,
      unit: 'By',
      type: 'counter',
      attributes: { 'network.interface.name': 1 },
      static_attributes: { 'network.io.direction': direction },
    });
    const { text, faults } = reading({
      format: { header: 2, separator: 'regex', pattern: '[|:\\s]+' },
      metrics: [io(2, 'receive'), io(10, 'transmit')],
    })(recorded('linux-6/net-dev.txt'));
    expect(faults).toEqual([]);
    await expect(text).toMatchFileSnapshot('../testdata/expected-net-dev.txt');
  });

  it('/proc/vmstat, a name and a value a line', () => {
    const { lines, faults } = reading({
      format: { columns: ['name', 'value'] },
      metrics: [
        {
          name: 'faults',
          column: 'value',
          type: 'counter',
          where: { name: '^pgmajfault$' },
          static_attributes: { type: 'major' },
        },
        { name: 'free', column: 'value', unit: 'By', scale: 4096, where: { 1: '^nr_free_pages$' } },
      ],
    })('nr_free_pages 1823346\npgfault 12\npgmajfault 18446744073709551\n');
    expect([lines, faults]).toEqual([['faults{|type="major"} "18446744073709551n" ', 'free{|} 7468425216 By'], []]);
  });
});

describe('formats', () => {
  const cells = (format: object, text: string, more: object = {}) =>
    reading({ format, metrics: [{ name: 'v', column: 'b', attributes: { a: 'a' }, ...more }] })(text);

  it.each<[string, object, string]>([
    ['whitespace', { header: 1 }, '  a   b\n x  1\n\ty\t2  \n'],
    ['tabs', { header: 1, separator: 'tab' }, 'a\tb\r\nx\t 1\r\ny\t2\r\n'],
    ['csv', { header: 1, separator: 'csv' }, 'a,b\n"x", 1\n"y","2"'],
    ['csv with another delimiter', { header: 1, separator: 'csv', delimiter: ';' }, 'a;b\nx;1\ny;2'],
    ['fixed widths', { header: 1, separator: 'fixed', widths: [3, 4] }, 'a  b\nx     1\ny  2'],
    ['a pattern', { header: 1, separator: 'regex', pattern: '\\s*\\|\\s*' }, 'a | b\n---+---\n x | 1\n y|2\n'],
    [
      'lines before it, and after',
      { skip_lines: 1, header: '^a b', ends: '^total' },
      'a title\nand more\na b\n---\nx 1\ny 2\ntotal 3\nz 4',
    ],
    ['rows among others', { columns: ['a', 'b'], rows: '^[xy] ' }, '# not this\nx 1\nnor this one\ny 2'],
    ['names of its own', { header: 1, columns: ['a', 'b'] }, 'A B\nx 1\ny 2'],
    ['other lines to skip', { header: 1, skip: '^#|^$' }, 'a b\n# c d\nx 1\n\ny 2'],
    ['rows that are cut', { header: 1, uneven_rows: 'keep' }, 'a b\nx 1 surplus\ny 2\nz'],
  ])('%s', (_name, format, text) => {
    const { lines, faults } = cells(format, text);
    expect([lines, faults]).toEqual([['v{|a="x"} 1 ', 'v{|a="y"} 2 '], []]);
  });

  it('a part of a cell', () => {
    const { lines } = cells({ header: 1 }, 'a b\nx 45%\ny +2%', {
      extract: '^\\+?(\\d+)%$',
      scale: 0.01,
      value_type: 'double',
    });
    expect(lines).toEqual(['v{|a="x"} 0.45 ', 'v{|a="y"} 0.02 ']);
  });

  it('quoted cells', () => {
    expect(cells({ header: 1, separator: 'csv' }, 'a,b\n"x, ""y""",1\n').lines).toEqual(['v{|a="x, \\"y\\""} 1 ']);
    const tabs = { header: 1, separator: 'csv', delimiter: '\t' };
    expect(cells(tabs, 'c\ta\tb\n\t"x"\t1\n1\t"y"\t2\n')).toMatchObject({
      lines: ['v{|a="x"} 1 ', 'v{|a="y"} 2 '],
      faults: [],
    });
  });

  it('a byte order mark is no part of a name', () => {
    expect(cells({ header: '^a b' }, '\ufeffa b\nx 1').lines).toEqual(['v{|a="x"} 1 ']);
  });

  it('a table of more rows than a call has arguments', () => {
    const rows = Array.from({ length: 150_000 }, (_, index) => `${index} ${index}`);
    const { points, faults } = cells({ header: 1 }, `a b\n${rows.join('\n')}`);
    expect([points.filter(({ attributes }) => 'a' in attributes).length, faults]).toEqual([150_000, []]);
  });

  it('a table that is wrong in every line: the first are told, and all are counted', () => {
    const { faults, points } = cells({ header: 1 }, `a b\n${'x y\n'.repeat(20_000)}`);
    expect(faults).toHaveLength(20);
    expect(points.map(({ value }) => value)).toEqual([1, 20_000, 20_000]);
  });
});

describe('what is wrong is told with its place, and the rest is read', () => {
  it.each<[string, object, string, string[], string[]]>([
    [
      'no number',
      levels,
      'Level Files\n0 many\n1 2\n',
      ['Line 2, column Files: "many" is no number.'],
      ['files{|level="1"} 2 '],
    ],
    [
      'no whole number',
      levels,
      'Level Files\n0 1.5\n1 2.0',
      ['Line 2, column Files: "1.5" is no whole number; value_type: double takes it.'],
      ['files{|level="1"} 2 '],
    ],
    [
      'beyond 64 bits',
      levels,
      'Level Files\n0 9223372036854775808\n1 9223372036854775807',
      ['Line 2, column Files: "9223372036854775808" is beyond 64 bits; value_type: double takes it, rounded.'],
      ['files{|level="1"} "9223372036854775807n" '],
    ],
    [
      'a cell too few',
      levels,
      'Level Files\n0\n1 2',
      ['Line 2 has 1 cells, and there are 2 columns.'],
      ['files{|level="1"} 2 '],
    ],
    [
      'a column that is not there',
      levels,
      'Level Size\n0 1',
      ['files: There is no column "Files": there are "Level", "Size".'],
      [],
    ],
    [
      'a column that is there twice',
      levels,
      'Level Files Files\n0 1 2',
      ['files: There are two columns "Files": say which by its number, or name all of them in format.columns.'],
      [],
    ],
    [
      'the same series twice',
      levels,
      'Level Files\n0 1\n0 2',
      ['Line 3 makes a series of files that has been made before: attributes must tell them apart.'],
      ['files{|level="0"} 1 '],
    ],
    [
      'no header',
      { format: { header: 'Level' }, ...levels },
      'nothing\nof it',
      ['There is no header: no line matches /Level/.'],
      [],
    ],
    [
      'a quotation that does not end',
      { format: { header: 1, separator: 'csv' }, ...levels },
      'Level,Files\n0,"1\n1,2',
      ['Line 2: a quotation mark is not closed.'],
      ['files{|level="1"} 2 '],
    ],
  ])('%s', (_name, config, text, wrong, lines) => {
    expect(reading({ format: { header: 1 }, ...config })(text)).toMatchObject({ faults: wrong, lines });
  });

  it('cells without a value are no fault, and no points', () => {
    const { lines, faults } = reading({ format: { header: 1 }, ...levels })('Level Files\n0 -\n1 NaN\n2 n/a\n3 0');
    expect([lines, faults]).toEqual([['files{|level="3"} 0 '], []]);
  });

  it('an empty text has no rows', () => {
    expect(reading({ format: { header: 3 }, ...levels })(' \n')).toMatchObject({ lines: [], faults: [] });
  });
});

describe('JSON', () => {
  const read = (text: string) =>
    reading({
      source: { url: 'http://localhost/', json_path: 'a.text' },
      format: { header: 1 },
      metrics: [
        ...levels.metrics,
        { name: 'n', json_path: 'list.1.n' },
        { name: 'd', json_path: 'a\\.b', value_type: 'double' },
      ],
    })(text);

  it('numbers are exact, texts are read as numbers, what is absent is absent', () => {
    expect(read('{"list":[0,{"n":9007199254740993}],"a.b":"1e3"}')).toMatchObject({
      lines: ['d{|} 1000 ', 'n{|} "9007199254740993n" '],
      faults: [],
    });
    expect(read('{"list":[],"a.b":null,"a":{"text":null}}')).toMatchObject({ lines: [], faults: [] });
  });

  it('what is there and is no number is told', () => {
    expect(read('{"list":[0,{"n":{"x":1}}],"a.b":true,"a":{"text":[]}}').faults).toEqual([
      'a.text is no text.',
      'list.1.n: {"x":"1"} is no number.',
      'a\\.b: true is no number.',
    ]);
  });

  it('what is no JSON is an error', () => {
    expect(() => read('<html>')).toThrow(/^It is no JSON: /);
    expect(() => read('['.repeat(1e6) + ']'.repeat(1e6))).toThrow('It is JSON that is nested too deeply.');
    expect(read('\ufeff{"list":[0,{"n":1}]}').lines).toEqual(['n{|} 1 ']);
  });

  it('a list has no length', () => {
    const length = reading({ metrics: [{ name: 'l', json_path: 'list.length' }] });
    expect(length('{"list":[1,2]}')).toMatchObject({ lines: [], faults: [] });
  });

  it('a number ends when it is gone', () => {
    const numbers = reading({ metrics: [{ name: 'n', json_path: 'n' }] });
    expect([numbers('{"n":1}').lines, numbers('{}').lines]).toEqual([['n{|} 1 '], ['n{|} ended ']]);
  });
});

describe('metrics of one name', () => {
  const size = (column: string, fixed?: object) => ({
    name: 'size',
    column,
    attributes: { level: 'Level' },
    static_attributes: fixed ?? {},
  });

  it('differ in their attributes', () => {
    const read = reading({
      format: { header: 1 },
      metrics: [size('In', { direction: 'in' }), size('Out', { direction: 'out' })],
    });
    expect(read('Level In Out\n0 1 2').lines).toEqual([
      'size{|direction="in",level="0"} 1 ',
      'size{|direction="out",level="0"} 2 ',
    ]);
  });

  it('that do not are reported, and the first counts', () => {
    const read = reading({ format: { header: 1 }, metrics: [size('In'), size('Out')] });
    expect(read('Level In Out\n0 1 2')).toMatchObject({
      lines: ['size{|level="0"} 1 '],
      faults: ['Line 2 makes a series of size that has been made before: attributes must tell them apart.'],
    });
    const numbers = reading({ metrics: ['a', 'b'].map((path) => ({ name: 'n', json_path: path })) });
    expect(numbers('{"a":1,"b":2}')).toMatchObject({
      lines: ['n{|} 1 '],
      faults: ['b makes a series of n that has been made before: attributes must tell them apart.'],
    });
  });

  it('share their series: one that the other goes on with does not end', () => {
    const where = (kind: string) => ({ ...size('Size'), where: { Kind: kind } });
    const read = reading({ format: { header: 1 }, metrics: [where('^a$'), where('^b$')] });
    expect(read('Level Kind Size\n0 a 1').lines).toEqual(['size{|level="0"} 1 ']);
    expect(read('Level Kind Size\n0 b 2').lines).toEqual(['size{|level="0"} 2 ']);
    expect(read('Level Kind Size\n').lines).toEqual(['size{|level="0"} ended ']);
  });

  it('without its table, only those of the JSON end', () => {
    const read = reading({
      source: { url: 'http://localhost/', json_path: 'text' },
      format: { header: '^Level' },
      metrics: [size('In'), { name: 'size', json_path: 'size' }],
    });
    expect(read(JSON.stringify({ text: 'Level In\n0 1', size: 7 })).lines).toEqual([
      'size{|level="0"} 1 ',
      'size{|} 7 ',
    ]);
    expect(read('{"text":"nothing"}').lines).toEqual(['size{|} ended ']);
  });
});

describe('from reading to reading', () => {
  const counter = { format: { header: 1 }, metrics: [{ ...levels.metrics[0], type: 'counter' }] };

  it('a counter that falls began anew since it was read last, and the others go on', () => {
    const read = reading(counter);
    read('Level Files\n0 5\n1 5');
    read('Level Files\n0 6\n1 6');
    const { points } = read('Level Files\n0 1\n1 7');
    expect(points.slice(0, 2).map(({ startTime, endTime, value }) => [startTime[0], endTime[0], value])).toEqual([
      [1020, 1030, 1],
      [1010, 1030, 7],
    ]);
  });

  it.each<[string, object, (table: string) => string, string]>([
    ['its header', {}, (table) => table, '<html>an error of a proxy</html>'],
    [
      'its text',
      { source: { url: 'http://localhost/', json_path: 'text' } },
      (table) => JSON.stringify({ text: table }),
      '{"text":5}',
    ],
  ])('a table without %s is not up, and ends no series', (_name, config, wrap, bad) => {
    const read = reading({ ...counter, format: { header: '^Level' }, ...config });
    expect(read(wrap('Level Files\n0 5')).lines).toHaveLength(1);
    const { lines, faults, points } = read(bad);
    expect([lines, faults.length]).toEqual([[], 1]);
    // table.up and table.faults; nobody knows how many rows there are.
    expect(points.map(({ value }) => value)).toEqual([0, 1]);
    const { points: again } = read(wrap('Level Files\n0 7'));
    expect(again[0]).toMatchObject({ startTime: [1010, 0], value: 7 });
    // table.up, table.rows, table.faults.
    expect(again.slice(1).map(({ value }) => value)).toEqual([1, 1, 0]);
  });

  it('series whose rows are gone end, once', () => {
    const read = reading(counter);
    const [first] = read('Level Files\n0 5\n1 5').points;
    const next = read('Level Files\n0 6\n2 1');
    expect(next.lines).toEqual(['files{|level="0"} 6 ', 'files{|level="1"} ended ', 'files{|level="2"} 1 ']);
    // What is derived from attributes is not derived again.
    expect(next.points[0]!.attributes).toBe(first!.attributes);
    expect(read('Level Files\n0 6\n2 1').lines).toHaveLength(2);
    expect(read('').lines).toEqual(['files{|level="0"} ended ', 'files{|level="2"} ended ']);
  });
});
