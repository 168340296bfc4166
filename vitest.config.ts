import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What compares the machine with what it reads of it, or measures what it does at full speed: one file at a time. */
const alone = [
  'packages/**/live.test.ts',
  'packages/receivers/procfs/src/stuck.test.ts',
  'packages/receivers/sqlquery/src/postgresql-outage.test.ts',
  'test/e2e/{cgroup2,docker}/**/*.test.ts',
  'test/e2e/gateway.test.ts',
  // It builds and installs everything, on all cores.
  'test/e2e/pack.test.ts',
];

/** Without results of an earlier run, small files come last: these are small, and take long. */
const long = /\/test\/(?:conservation\/|examples\.|fuzz\/)/;

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return [true, false].flatMap((first) => sorted.filter(({ moduleId }) => long.test(moduleId) === first));
  }
}

const exclude = [...configDefaults.exclude, '**/dist/**', 'build/**'];

export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    testTimeout: 20_000,
    // A busy machine is no fault: a second, the default, is short.
    expect: { poll: { timeout: 10_000 } },
    globalSetup: ['./test/setup.ts'],
    sequence: { sequencer: LongFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'together',
          include: ['packages/**/src/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: [...exclude, ...alone],
          // A file for each core: by default one core is left free.
          maxWorkers: '100%',
        },
      },
      {
        extends: true,
        test: { name: 'alone', include: alone, exclude, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
