/** A playbook as people can carry it out: with the plan and the facts that it was compiled from. */

import type { Plan } from '../../domain/plan/plan.ts';
import type { Assessment } from '../../domain/playbook/assessment.ts';
import type { Playbook } from '../../domain/playbook/playbook.ts';

export interface Runbook {
  readonly plan: Plan;
  readonly playbook: Playbook;
  /** Of the playbook, hex. */
  readonly sha256: string;
  readonly assessment: Assessment;
}
