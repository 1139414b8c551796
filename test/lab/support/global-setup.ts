/** A lab for each worker of the whole-run tests. */
import type { TestProject } from 'vitest/node';
import { raiseLabs } from './raise-labs.ts';

export default (project: TestProject) =>
  raiseLabs(project, { options: {}, seed: { files: 2_000, megabytes: 20, rows: 5_000 } });
