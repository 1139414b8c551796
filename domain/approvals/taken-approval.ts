/** One approval as a run keeps it: who, when, whether it counted, and by whose key. */
import { z } from 'zod';

export const takenApprovalSchema = z.object({
  by: z.string(),
  at: z.string(),
  decision: z.enum(['go', 'no-go']),
  accepted: z.boolean(),
  why: z.string().optional(),
  /** Fingerprint of the key whose signature proved who it was; absent where nothing does. */
  key: z.string().optional(),
  emergency: z.literal(true).optional(),
});

/** With the playbook it was for, SHA-256, hex: of a run whose plan was changed. */
export const approvalBeforeSchema = takenApprovalSchema.extend({ playbook: z.string() });
export type ApprovalBefore = z.infer<typeof approvalBeforeSchema>;

/** Of the playbook that a run has now and of those before it, in their order. */
export function approvalsOf({
  approvedBefore = [],
  approvals,
  playbook = '',
}: {
  readonly approvedBefore?: readonly ApprovalBefore[] | undefined;
  readonly approvals: readonly z.infer<typeof takenApprovalSchema>[];
  readonly playbook?: string | undefined;
}): ApprovalBefore[] {
  return [...approvedBefore, ...approvals.map((approval) => ({ ...approval, playbook }))];
}
