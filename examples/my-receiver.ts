// A receiver of your own is one file. A YAML names it by path (see my-receiver.yaml):
//   npx millrace examples/my-receiver.yaml --once
import { readFile } from 'node:fs/promises';
import { defineScraper } from '@millrace/core';

const average = (minutes: number) =>
  ({
    kind: 'gauge',
    unit: '{thread}',
    valueType: 'double',
    description: `Threads that ran or waited to run, averaged over ${minutes} min.`,
  }) as const;

/** https://man7.org/linux/man-pages/man5/proc_loadavg.5.html */
export default defineScraper({
  type: 'load',
  description: 'The load of a Linux machine, from /proc/loadavg.',
  config: {
    properties: {
      root_path: { type: 'string', default: '/', description: 'Where the root of the machine is mounted.' },
    },
  },
  metrics: {
    'system.cpu.load_average.1m': average(1),
    'system.cpu.load_average.5m': average(5),
    'system.cpu.load_average.15m': average(15),
  },
  create: ({ root_path }) => ({
    async scrape({ entity, signal }) {
      const text = await readFile(`${root_path}/proc/loadavg`, { encoding: 'utf8', signal });
      const [one, five, fifteen] = text.split(' ', 3).map(Number);
      const host = entity({});
      host.record('system.cpu.load_average.1m', one);
      host.record('system.cpu.load_average.5m', five);
      host.record('system.cpu.load_average.15m', fifteen);
    },
  }),
});
