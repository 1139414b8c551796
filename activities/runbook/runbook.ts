/** A playbook as people can carry it out: with the plan and the facts that it was compiled from. */
import type { Assessment } from '../../domain/assessment.ts';
import type { Plan } from '../../domain/plan.ts';
import type { Playbook } from '../../domain/playbook.ts';

export interface Runbook {
  readonly plan: Plan;
  readonly playbook: Playbook;
  /** Of the playbook, hex. */
  readonly sha256: string;
  readonly assessment: Assessment;
}
