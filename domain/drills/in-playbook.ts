/** What a playbook says of the drill that it is: what the report is told by. */
import { z } from 'zod';
import { nameSchema } from '../plan/values.ts';
import { drillFaults } from './request.ts';

/** Every kind there is; each has its compiler in `playbooks/drills/`. */
export const drillKinds = ['restore-test', 'partial-restore', 'component', 'tabletop', 'isolated', 'exercise'] as const;

/** `called-off`: somebody aborted it, or it made way for a real recovery. */
export const drillResults = ['passed', 'incomplete', 'failed', 'called-off'] as const;

export const drillInPlaybookSchema = z.object({
  name: nameSchema,
  kind: z.enum(drillKinds),
  roles: z.array(z.string()),
  /** Put in on purpose. */
  fault: z.enum(drillFaults).optional(),
  /** What the plan promises of the real thing, ms at most; absent where it promises nothing. */
  targets: z.object({ rto: z.number().optional(), rpo: z.number().optional() }).optional(),
  /** Manual steps that people answer, by id: what was asked, and when of the drill. */
  items: z.array(
    z.object({
      step: z.string(),
      when: z.enum(['before', 'during', 'after', 'sign-off']),
      title: z.string(),
      /** `yes-no`: a `no` is a finding. */
      ask: z.enum(['done', 'yes-no', 'text']),
      role: z.string().optional(),
    }),
  ),
});
export type DrillInPlaybook = z.infer<typeof drillInPlaybookSchema>;
export type DrillItemRow = DrillInPlaybook['items'][number];
