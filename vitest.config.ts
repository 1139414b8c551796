import { defineConfig } from 'vitest/config';

const summary = process.env.MUSTER_TEST_SUMMARY;

/**
 * `unit` needs no lab; `workflows` needs a Temporal dev server; `lab` raises ranges of its own and
 * runs one file at a time; `scenarios` are whole runs, in a lab for each of two workers. `alarms` lets hours pass, made short, in a lab
 * whose workers export metrics: `npm run soak -- --alarms`, and no part of `npm test`.
 */
export default defineConfig({
  test: {
    reporters: summary ? ['default', ['./test/support/summary-reporter.ts', { file: summary }]] : ['default'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/{domain,activities,playbooks,scripts,observer,workers,plans,deploy}/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'workflows',
          include: ['test/workflows/**/*.test.ts'],
          globalSetup: ['test/workflows/support/global-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'lab',
          include: ['test/lab/{core,aws,dns,spacetime}/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'scenarios',
          include: ['test/lab/{faults,refusals,ui,recovery}/**/*.test.ts'],
          globalSetup: ['test/lab/support/global-setup.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // A lab waits for half of its time: for services that start, names that expire, a watch.
          maxWorkers: process.env.MUSTER_TEST_LAB ? 1 : 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'alarms',
          include: ['test/lab/alarms/**/*.test.ts'],
          globalSetup: ['test/lab/alarms/support/global-setup.ts'],
          testTimeout: 900_000,
          hookTimeout: 300_000,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
