import { Ajv } from 'ajv';
import { expect, it } from 'vitest';
import type { ConfigSchema, Schema } from '../schema.ts';
import { validate } from './validate.ts';

const described = { description: 'For the test.' };
const schema = {
  required: ['name'],
  properties: {
    name: { ...described, type: 'string', minLength: 2, pattern: '^[a-z]' },
    mode: { ...described, type: 'string', enum: ['strict', 'loose'] },
    count: { ...described, type: 'integer', minimum: 1, maximum: 9 },
    ratio: { ...described, type: 'number', exclusiveMinimum: 0 },
    on: { ...described, type: 'boolean' },
    list: { ...described, type: 'array', minItems: 1, items: { ...described, type: 'integer', minimum: 0 } },
    map: { ...described, type: 'object', additionalProperties: { ...described, type: 'string' } },
    nested: {
      ...described,
      type: 'object',
      required: ['a'],
      properties: { a: { ...described, type: 'boolean' }, b: { ...described, type: 'string' } },
    },
    either: {
      ...described,
      anyOf: [
        { ...described, type: 'string', minLength: 1 },
        { ...described, type: 'array', items: { ...described, type: 'string', minLength: 1 } },
        { ...described, type: 'object', properties: { x: { ...described, type: 'integer' } } },
      ],
    },
  },
} as const satisfies ConfigSchema;

/** The same in JSON Schema as ajv reads it: there, unknown keys have to be forbidden. */
function closed(one: Schema): object {
  if ('anyOf' in one) return { anyOf: one.anyOf.map(closed) };
  if (one.type === 'array') return { ...one, items: closed(one.items) };
  if (one.type !== 'object') return one;
  if (!('properties' in one)) return { type: 'object', additionalProperties: closed(one.additionalProperties) };
  const properties = Object.fromEntries(
    Object.entries(one.properties).map(([key, property]) => [key, closed(property)]),
  );
  return { type: 'object', properties, required: one.required ?? [], additionalProperties: false };
}

it('agrees with ajv on what is right, over 20,000 random configs', () => {
  const ajv = new Ajv({ strict: false, allErrors: true }).compile(closed({ ...schema, ...described, type: 'object' }));
  let state = 7;
  const random = (below: number): number => (state = (state * 48_271) % 2_147_483_647) % below;
  const pick = <T>(values: readonly T[]): T => values[random(values.length)]!;
  const good: Record<string, readonly unknown[]> = {
    name: ['ab', 'zz top'],
    mode: ['strict', 'loose'],
    count: [1, 9],
    ratio: [0.5, 3],
    on: [true, false],
    list: [[0], [1, 2]],
    map: [{}, { k: 'v' }],
    nested: [{ a: true }, { a: false, b: '' }],
    either: ['x', ['x', 'y'], [], {}, { x: 1 }],
  };
  const odd = ['', 'A', '1', 0, -1, 10, 1.5, null, true, [], [''], [-1], {}, { x: 'no' }, { a: 1 }, { c: 1 }, { k: 2 }];
  const verdicts = { right: 0, wrong: 0 };
  for (let round = 0; round < 20_000; round++) {
    const config: Record<string, unknown> = { name: 'ab' };
    for (const key of Object.keys(good))
      if (random(2) === 0) config[key] = random(12) === 0 ? pick(odd) : pick(good[key]!);
    if (random(20) === 0) delete config['name'];
    if (random(20) === 0) config['other'] = 1;
    const right = validate(schema, config).length === 0;
    expect(right, JSON.stringify(config)).toBe(ajv(config));
    verdicts[right ? 'right' : 'wrong']++;
  }
  expect(Math.min(verdicts.right, verdicts.wrong)).toBeGreaterThan(5_000);
});
