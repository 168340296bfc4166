import {
  metricsBatch,
  type MetricData,
  pointType,
  type ResourceMetrics,
  resolveConfig,
  valueType,
} from '@millrace/core';
import { testContext } from '@millrace/core/testing';
import { describe, expect, it } from 'vitest';
import { cells, clip, createScreen, type Screen } from './screen.ts';
import { terminalExporter } from './terminal.ts';

const times = { startTime: [1, 0], endTime: [2, 0] } as const;

function gauge(name: string, unit: string, ...values: (number | undefined)[]): MetricData {
  const dataPoints = values.map((value, at) => ({
    ...times,
    attributes: { at },
    value,
    ...(value === undefined ? { flags: 1 } : {}),
  }));
  const descriptor = { name, unit, description: '', valueType: valueType.double };
  return { descriptor, dataPointType: pointType.gauge, dataPoints };
}

const entity = (attributes: ResourceMetrics['resource']['attributes'], ...metrics: MetricData[]): ResourceMetrics => ({
  resource: { attributes },
  scopeMetrics: [{ scope: { name: 'test' }, metrics }],
});

function recorder(live: boolean): Screen & { pictures: (readonly string[])[]; printed: string[] } {
  const pictures: (readonly string[])[] = [];
  const printed: string[] = [];
  return {
    live,
    pictures,
    printed,
    log: () => {},
    draw: (lines) => void pictures.push(lines),
    print: (text) => void printed.push(text),
    end: () => {},
  };
}

describe('terminal exporter', () => {
  const processes = metricsBatch([
    entity(
      { 'process.pid': 1, 'process.executable.name': 'small', 'process.owner': 'root' },
      gauge('process.memory.pss', 'By', 1000),
    ),
    entity(
      { 'process.pid': 2, 'process.executable.name': 'evil\x1b[2J\nname', 'process.owner': 'root' },
      gauge('process.memory.pss', 'By', 3 * 2 ** 30),
      gauge('process.cpu.utilization', '1', 0.25, 0.5),
    ),
  ]);
  const create = (screen: Screen, once: boolean) => {
    const definition = terminalExporter(screen, { once });
    return definition.create(resolveConfig(definition.config, {}), testContext());
  };

  it('prints the table at the end of --once: the biggest first, what is not known as -, no control characters', async () => {
    const screen = recorder(false);
    const exporter = create(screen, true);
    await exporter.consume(processes);
    await exporter.shutdown!(AbortSignal.timeout(100));
    expect(screen.printed.join('')).toMatchInlineSnapshot(`
      "Processes
      PID  NAME           OWNER      PSS  USS  RSS    CPU
      2    evil?[2J?name  root   3.0 GiB    -    -  75.0%
      1    small          root    1000 B    -    -      -

      "
    `);
  });

  it('forgets an entity that has ended', async () => {
    const screen = recorder(true);
    const exporter = create(screen, false);
    await exporter.consume(processes);
    const ended = entity(
      processes.resourceMetrics[0]!.resource.attributes,
      gauge('process.memory.pss', 'By', undefined),
    );
    await exporter.consume(metricsBatch([ended]));
    expect(screen.pictures[0]!.join('\n')).toContain('small');
    expect(screen.pictures[1]!.join('\n')).not.toContain('small');
  });

  it('draws nothing where there is no terminal', async () => {
    const screen = recorder(false);
    const exporter = create(screen, false);
    await exporter.consume(processes);
    await exporter.shutdown!(AbortSignal.timeout(100));
    expect([...screen.pictures, ...screen.printed]).toEqual([]);
  });
});

describe('screen', () => {
  it.each([
    ['short', 10, 'short'],
    ['exactly ten', 11, 'exactly ten'],
    ['too long for it', 8, 'too lon…\x1b[0m'],
    ['\x1b[1mbold and long\x1b[0m', 6, '\x1b[1mbold …\x1b[0m'],
    ['表表表表', 5, '表表…\x1b[0m'],
  ])('clips %j to %i cells', (line, width, expected) => {
    expect(clip(line, width)).toBe(expected);
    expect(cells(clip(line, width))).toBeLessThanOrEqual(width);
  });

  it('puts log lines above the picture, and draws it again', () => {
    const written: string[] = [];
    const stream = (isTTY: boolean) =>
      ({ isTTY, columns: 20, rows: 5, write: (text: string) => written.push(text) }) as unknown as NodeJS.WriteStream;
    const screen = createScreen({ stdout: stream(true), stderr: stream(true) });
    screen.draw(['one', 'two']);
    screen.log('hello');
    screen.end();
    expect(written).toEqual([
      '\x1b[?25l\x1b[Jone\ntwo\n',
      '\x1b[2A\r\x1b[J',
      'hello\n',
      '\x1b[?25l\x1b[Jone\ntwo\n',
      '\x1b[?25h',
    ]);
  });
});
