/** The readiness checks, the gravest first: what keeps a failover from succeeding, what makes it lose or last more, what only warns. */
import type { ReadinessCheck } from '../check.ts';
import { approvers } from './approvers.ts';
import { capacity } from './capacity.ts';
import { clocks } from './clocks.ts';
import { dns } from './dns.ts';
import { keys } from './keys.ts';
import { notices } from './notices.ts';
import { opensPoint } from './opens-point.ts';
import { permissions } from './permissions.ts';
import { proven } from './proven.ts';
import { review } from './review.ts';
import { rpo } from './rpo.ts';
import { scheduleCompliance } from './schedule-compliance.ts';
import { schedules } from './schedules.ts';
import { sizes } from './sizes.ts';
import { temporalPlace } from './temporal-place.ts';
import { tls } from './tls.ts';
import { twoSites } from './two-sites.ts';
import { workers } from './workers.ts';

export const readinessChecks: readonly ReadinessCheck[] = [
  twoSites,
  opensPoint,
  permissions,
  capacity,
  workers,
  temporalPlace,
  rpo,
  keys,
  dns,
  tls,
  approvers,
  scheduleCompliance,
  schedules,
  sizes,
  clocks,
  proven,
  notices,
  review,
];
