import type { Random } from '@millrace/core/testing';
import type { Format } from '../src/index.ts';

/** Pages made up at random, written without what is tested. */

const characters = ['a', 'Z', '9', '_', ' ', '{', '}', ',', '=', '#', '"', '\\', '\n', 'é', '日', '🦀', '\t', 'n', '.'];
const values = ['0', '1', '-1', '1.5', '.5', '5.', '1e3', '1.7976931348623157e+308', '0.30000000000000004', '9007199254740993', 'NaN', '+Inf', '-Inf', '5e-324'];

const escape = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

export interface MadeSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface MadePage {
  readonly text: string;
  readonly samples: readonly MadeSample[];
}

export function makePage(random: Random, format: Format): MadePage {
  const open = format === 'openmetrics';
  const text = (): string => Array.from({ length: random.int(0, 8) }, () => random.pick(characters)).join('');
  const name = (): string => `${random.pick(['a', 'b_c', ':d', 'E9'])}${random.pick(['', '_total', '_x'])}`;
  const labelName = (): string => random.pick(['a', 'b', '_c', 'le', 'd9', 'constructor']);
  const number = (): string => (random.chance(0.5) ? random.pick(values) : String((random.next() - 0.5) * 10 ** random.int(-20, 20)));
  const time = (): string => (open ? String(random.int(0, 2e9) + random.int(0, 8) / 8) : String(random.int(0, 2e12)));
  const blank = (): string => (open ? ' ' : random.pick([' ', '  ', '\t', ' \t']));

  const labelsOf = (): Record<string, string> =>
    Object.fromEntries(Array.from({ length: random.int(0, 4) }, () => [labelName(), text()]));

  const braces = (labels: Readonly<Record<string, string>>, quotedName?: string): string => {
    const gap = (): string => (open || random.chance(0.9) ? '' : ' ');
    const parts = Object.entries(labels).map(([label, value]) => {
      const shown = random.chance(0.1) ? `"${label}"` : label;
      return `${gap()}${shown}${gap()}=${gap()}"${escape(value)}"${gap()}`;
    });
    if (quotedName !== undefined) parts.splice(random.int(0, parts.length + 1), 0, `"${escape(quotedName)}"`);
    return `{${parts.join(',')}${parts.length > 0 && random.chance(0.1) ? ',' : ''}}`;
  };

  const samples: MadeSample[] = [];
  const lines: string[] = [];
  const series = Array.from({ length: random.int(1, 6) }, () => ({ name: name(), labels: labelsOf() }));
  for (let count = random.int(0, 12); count > 0; count--) {
    const kind = random.next();
    if (kind < 0.1) {
      lines.push(`# HELP ${name()} ${text().replaceAll('\n', '')}`);
      continue;
    }
    if (kind < 0.2) {
      lines.push(`# TYPE ${name()} ${random.pick(['counter', 'gauge', 'histogram', 'summary', open ? 'unknown' : 'untyped'])}`);
      continue;
    }
    if (!open && kind < 0.25) {
      lines.push(random.pick(['', '  ', '#', '# anything "at all', '#HELP']));
      continue;
    }
    const sample = random.chance(0.5) ? random.pick(series) : { name: name(), labels: labelsOf() };
    const quoted = random.chance(0.1);
    const own = quoted ? { ...sample, name: `q.${text()}` } : sample;
    samples.push(own);
    const bare = Object.keys(own.labels).length === 0 && random.chance(0.7);
    const shown = quoted ? braces(own.labels, own.name) : `${own.name}${bare ? '' : braces(own.labels)}`;
    const at = random.chance(0.2) ? `${blank()}${time()}` : '';
    const exemplar = open && random.chance(0.2) ? ` # ${braces({ trace_id: 'abc' })} ${number()}${random.chance(0.5) ? ` ${time()}` : ''}` : '';
    lines.push(`${shown}${blank()}${number()}${at}${exemplar}`);
  }
  return { text: `${lines.map((line) => `${line}\n`).join('')}${open ? '# EOF\n' : ''}`, samples };
}

/** The page with some bytes changed, left out or put in. */
export function damage(random: Random, text: string): Buffer {
  const bytes = [...Buffer.from(text)];
  const anything = (): number => (random.chance(0.7) ? random.pick([...Buffer.from('{}",=#\\\n \t_a0.eN+-:')]) : random.int(1, 256));
  for (let count = random.int(1, 4); count > 0; count--) {
    const at = random.int(0, bytes.length + 1);
    const kind = random.next();
    if (kind < 0.4) bytes.splice(at, 1);
    else if (kind < 0.7) bytes.splice(at, 0, anything());
    else if (kind < 0.9) bytes.splice(at, 1, anything());
    else bytes.length = at;
  }
  return Buffer.from(bytes);
}
