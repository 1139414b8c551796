/** What a playbook says of the drill that it is: what the report is told by. */
import { z } from 'zod';
import { nameSchema } from '../plan-values.ts';

/** Every kind there is; each has its compiler in `playbooks/drills/`. */
export const drillKinds = ['restore-test', 'partial-restore', 'component', 'tabletop'] as const;

export const drillInPlaybookSchema = z.object({
  name: nameSchema,
  kind: z.enum(drillKinds),
  roles: z.array(z.string()),
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
