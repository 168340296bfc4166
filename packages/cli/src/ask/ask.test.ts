import { describe, expect, it, onTestFinished } from 'vitest';
import { millrace } from '../../../../test/e2e/program.ts';
import { startService } from '../watch/testdata/service.ts';
import { answerLines } from './answer.ts';
import { type ArgumentsSchema, argumentsJson } from './arguments.ts';
import { type Offered, offeredLines } from './offered.ts';

const page = { width: 100, color: false };

const health: Offered = {
  receiver: 'cockroachdb/eu',
  command: 'health',
  description: 'Asks every node of a cluster whether it is healthy.',
  arguments: {
    required: ['cluster'],
    properties: {
      cluster: { type: 'string', description: 'Its name in the config.' },
      ready: { type: 'boolean', default: false, description: 'Whether it also takes SQL clients.' },
      order: { enum: ['id', 'age'], description: 'How they are sorted.' },
    },
  },
  changes: false,
};
const drain: Offered = { receiver: 'other', command: 'drain\x1b[2J', description: 'Drains.', changes: true };

describe('what can be asked', () => {
  it('is a list with arguments and defaults', () => {
    expect(offeredLines([health, drain], page).join('\n')).toMatchInlineSnapshot(`
      "cockroachdb/eu
        health               Asks every node of a cluster whether it is healthy.
          cluster=<string>   Its name in the config.
          [ready=<boolean>]  Whether it also takes SQL clients. Default: false
          [order=<id|age>]   How they are sorted.

      other
        drain?[2J  Drains. (changes something)"
    `);
  });

  it('is whole in a narrow terminal', () => {
    expect(offeredLines([health], { width: 56, color: false }).join('\n')).toMatchInlineSnapshot(`
      "cockroachdb/eu
        health               Asks every node of a cluster
                             whether it is healthy.
          cluster=<string>   Its name in the config.
          [ready=<boolean>]  Whether it also takes SQL
                             clients. Default: false
          [order=<id|age>]   How they are sorted."
    `);
    const lines = offeredLines([health], { width: 40, color: false });
    expect(lines.every((line) => line.length <= 40)).toBe(true);
    expect(lines.join(' ').replaceAll(/ +/g, ' ')).toContain('Asks every node of a cluster whether it is healthy.');
  });

  it('may be nothing', () => expect(offeredLines([], page)).toEqual(['No receiver here can be asked.']));
});

describe('arguments', () => {
  const schema: ArgumentsSchema = {
    properties: {
      name: { type: 'string' },
      kind: { enum: ['1', '2'] },
      count: { type: 'integer' },
      deep: { type: 'object' },
      nodes: { type: 'array', items: { type: 'string' } },
    },
  };
  it.each([
    [[], '{}'],
    [['name=true'], '{"name":"true"}'],
    [['name='], '{"name":""}'],
    [['name=a=b'], '{"name":"a=b"}'],
    [['kind=1'], '{"kind":"1"}'],
    [['count=9223372036854775807'], '{"count":9223372036854775807}'],
    [['count=many'], '{"count":"many"}'],
    [['deep={"a":[1]}'], '{"deep":{"a":[1]}}'],
    [['nodes=1', 'nodes=2'], '{"nodes":["1","2"]}'],
    [['nodes=["1"]'], '{"nodes":["1"]}'],
    [['other=3', 'more=x'], '{"other":3,"more":"x"}'],
    [['__proto__=1'], '{"__proto__":1}'],
  ])('%j are %s', (pairs, json) => expect(argumentsJson(pairs, schema)).toBe(json));

  it.each([
    [['name'], 'Arguments are given as key=value, not as name'],
    [['=x'], 'Arguments are given as key=value'],
    [['name=a', 'name=b'], 'The argument name is given twice.'],
  ])('%j are none', (pairs, message) => expect(() => argumentsJson(pairs, schema)).toThrow(message));
});

describe('an answer', () => {
  const text = (value: unknown, width = 100): string => answerLines(value, { width, color: false }).join('\n');

  it('that is a list of objects is a table', () => {
    const nodes = [
      { node: 1, healthy: true, error: null, tags: ['a', 'b'] },
      { node: 22, healthy: false, error: 'refused\x1b[2J', detail: { code: 7 } },
    ];
    expect(text(nodes)).toMatchInlineSnapshot(`
      "node  healthy  error        tags  detail
         1  true     –            a, b  –
        22  false    refused?[2J  –     {"code":7}"
    `);
    expect(text(nodes, 30)).toMatchInlineSnapshot(`
      "node  healthy  error
         1  true     –
        22  false    refused?[2J
      no room for: tags, detail; all: --json"
    `);
  });

  it('that is an object is a line a key', () => {
    const info = {
      version: 'v24.1.3',
      nodes: 3,
      bytes: '9223372036854775807',
      none: null,
      build: { tag: 'x', go: '1.22' },
      empty: {},
      stores: [{ id: 1 }],
      list: [1, 2],
    };
    expect(text(info)).toMatchInlineSnapshot(`
      "version: v24.1.3
      nodes:   3
      bytes:   9223372036854775807
      none:    –
      build:
        tag: x
        go:  1.22
      empty:   {}
      stores:
          id
           1
      list:    1, 2"
    `);
  });

  it.each([
    [[], 'nothing'],
    [{}, 'nothing'],
    [null, 'Done; there is no answer.'],
    [undefined, 'Done; there is no answer.'],
    [false, 'false'],
    ['a\nb', 'a\nb'],
    ['', '–'],
    [' # cpu\r\n\n\tmain\x1b[2J\u202e  7  \n', ' # cpu?\n\n\tmain?[2J?  7  '],
    [{ text: 'a\nb' }, 'text: a b'],
    [[1, [2]], '1\n2'],
  ])('%j is %j', (value, expected) => expect(text(value)).toBe(expected));
});

describe('millrace ask', () => {
  const run = async (args: readonly string[], options: Parameters<typeof startService>[0] = {}) => {
    const service = await startService({ commands: [health, drain], ...options });
    onTestFinished(() => service.close());
    const program = millrace(['ask', ...args, '--endpoint', service.endpoint]);
    const code = await program.ended;
    return { code, stdout: program.stdout, stderr: program.stderr };
  };

  it('lists what can be asked, all or of one receiver', async () => {
    expect((await run([])).stdout).toMatch(
      /^cockroachdb\/eu\n {2}health .*\n[^]*\n\nother\n {2}drain\?\[2J .* \(changes something\)\n$/,
    );
    expect((await run(['other'])).stdout).toMatch(/^other\n {2}drain/);
    expect(await run(['nobody'])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'There is no receiver nobody that can be asked. These can: cockroachdb/eu, other\n',
    });
  });

  it('asks, with arguments as their schema says, and shows the answer', async () => {
    const answer = (receiver: string, command: string, args: object) => [{ receiver, command, ...args }];
    const asked = ['cockroachdb/eu', 'health', 'cluster=7', 'ready=true'];
    const { code, stdout } = await run(asked, { answer });
    expect([code, stdout]).toEqual([
      0,
      'receiver        command  cluster  ready\ncockroachdb/eu  health         7  true\n',
    ]);
    expect(JSON.parse((await run([...asked, '--json'], { answer })).stdout)).toEqual([
      { receiver: 'cockroachdb/eu', command: 'health', cluster: '7', ready: true },
    ]);
  });

  it('shows a text as it is, however long', async () => {
    const text = `# cpu of shop.cpu\n\n| flat | function |\n| --- | --- |\n| 3 | \`${'x'.repeat(400)}\` |\n`;
    const { code, stdout } = await run(['cockroachdb/eu', 'health', 'cluster=a'], { answer: () => text });
    expect([code, stdout]).toEqual([0, text]);
  });

  it.each([
    [404, 2, 'There is no command hello; cockroachdb/eu has: health', ''],
    [400, 2, 'The argument cluster is missing.', ''],
    [500, 1, 'No node answered.', 'answers 500: '],
    [403, 3, 'Here allow_changes is false.', 'refuses (403): '],
    [504, 1, 'It has not answered in time.', 'answers 504: '],
  ])('a refusal with %i ends with %i and the sentence of the service', async (status, code, message, before) => {
    const answer = (): never => {
      throw Object.assign(new Error(message), { status });
    };
    const result = await run(['cockroachdb/eu', 'hello'], { answer });
    expect(result.code).toBe(code);
    expect(result.stderr).toMatch(new RegExp(`^${before === '' ? '' : String.raw`http://\S+ `}`));
    expect(result.stderr.endsWith(`${before}${message}\n`)).toBe(true);
  });
});
