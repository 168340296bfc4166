import { seeded } from '@millrace/core/testing';

export const seriesCount = 100_000;

const methods = ['GET', 'POST', 'PUT', 'DELETE'];
const codes = ['200', '201', '204', '400', '401', '404', '500', '503'];
const bounds = ['0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1', '2.5', '5', '10', '+Inf'];

/**
 * A page of 100,000 series, as a node of a cluster shows them: 60 % lines of histograms, the rest counters and gauges, of 3
 * to 6 labels each. Most values are integers, a third have the digits of a float64.
 */
export function renderPage(round: number): Buffer {
  const random = seeded(20_261_121);
  const grow = seeded(round + 1);
  const parts: string[] = [];
  let series = 0;
  const line = (name: string, labels: string, value: number): void => {
    parts.push(`${name}{${labels}} ${value}\n`);
    series++;
  };
  for (let family = 0; series < seriesCount; family++) {
    const kind = family % 3;
    const base = `${random.pick(['http', 'rpc', 'storage', 'raft', 'sql'])}_subsystem_${family}`;
    const type = ['histogram', 'counter', 'gauge'][kind]!;
    const name = `${base}_${['request_duration_seconds', 'operations_total', 'bytes'][kind]}`;
    parts.push(`# HELP ${name} What the ${base} of this node has done since it began.\n# TYPE ${name} ${type}\n`);
    const children = kind === 0 ? 42 : 210;
    for (let child = 0; child < children && series < seriesCount; child++) {
      const labels = `namespace="production",pod="api-server-${child % 97}-${family % 13}x7k",method="${random.pick(methods)}",code="${random.pick(codes)}",shard="${child}"`;
      if (kind !== 0) line(name, labels, kind === 1 ? random.int(0, 1e9) + round : grow.next() * 1e9);
      else {
        let count = 0;
        for (const bound of bounds)
          line(`${name}_bucket`, `${labels},le="${bound}"`, (count += random.int(0, 5000) + round));
        line(`${name}_sum`, labels, grow.next() * count);
        line(`${name}_count`, labels, count);
      }
    }
  }
  return Buffer.from(parts.join(''));
}
