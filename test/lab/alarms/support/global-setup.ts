/** One lab whose workers export metrics, with a SpaceTime so small that a backup of it takes seconds. */
import type { TestProject } from 'vitest/node';
import { raiseLabs } from '../../support/raise-labs.ts';
import { readEvery } from './prometheus.ts';

export default (project: TestProject) =>
  raiseLabs(project, { options: { metrics: `${readEvery}ms` }, seed: { files: 50, megabytes: 1, rows: 20_000 } });
