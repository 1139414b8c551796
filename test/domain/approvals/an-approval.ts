/** A run that waits for its go, and approvals for it: plain, and signed under a strict policy. */
import type { ApprovalSituation } from '../../../domain/approvals/situation.ts';
import { approvalSchema } from '../../../domain/run/run.ts';

export const hash = 'a'.repeat(64);
export const situation: ApprovalSituation = {
  policy: { required: true, quorum: 1, requesterMayApprove: false, timeLimit: 60_000 },
  run: 'failover-1',
  service: 'spacetime',
  procedure: 'failover',
  requestedBy: 'night.shift',
  playbook: hash,
  risks: ['point-older-than-rpo', 'old-primary-not-fenced'],
  phase: 'awaiting-approval',
  expired: false,
  escalated: false,
  now: Date.parse('2026-11-22T03:00:00Z'),
  taken: [],
};
export const go = (more: object = {}) =>
  approvalSchema.parse({ by: 'day.shift', decision: 'go', playbook: hash, accept: [...situation.risks], ...more });

export const strict: ApprovalSituation = {
  ...situation,
  policy: {
    ...situation.policy,
    signed: 'required',
    from: ['dana', 'erin', 'frank'],
    escalateTo: ['grace'],
    onlyDrills: ['trainee'],
    emergency: { from: ['erin', 'night.shift'] },
  },
};
export const good = { state: 'good', key: 'SHA256:a' } as const;
export const signed = (more: object = {}) =>
  go({
    by: 'dana',
    ...{ run: 'failover-1', service: 'spacetime', procedure: 'failover' },
    ...{ at: '2026-11-22T02:59:00.000Z', until: '2026-11-22T03:14:00.000Z' },
    ...more,
  });
