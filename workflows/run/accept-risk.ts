/** A risk that came up in the middle of a run is accepted by those who may let it go, in the way they let it go. */
import type { z } from 'zod';
import { isEmergencyAcceptance, judgeAcceptance } from '../../domain/approvals/approvals.ts';
import type { acceptRiskSchema, DecisionAnswer } from '../../domain/run/run.ts';
import { notify } from '../notices/notify.ts';
import { situationOf } from './approve.ts';
import type { Run } from './run.ts';
import { judgeSigned, proofOf } from './signed-decision.ts';

export function acceptRisk(
  run: Run,
  decision: z.output<typeof acceptRiskSchema>,
): DecisionAnswer | Promise<DecisionAnswer> {
  const { by, risk: id, reason } = decision;
  if (decision.signature) run.trail.add('approval', `acceptance of ${id} was sent`, { by, approval: { ...decision } });
  const risk = () => run.status.risks.find((other) => other.id === id);
  return judgeSigned(run, decision, {
    judge: (signature) => judgeAcceptance(decision, risk(), situationOf(run), signature),
    take: (signature) => {
      Object.assign(risk() ?? {}, { acceptedBy: by });
      const text = `risk ${id} accepted`;
      const alone = isEmergencyAcceptance(by, situationOf(run));
      run.note(
        'decision',
        `${alone ? 'EMERGENCY: ' : ''}${reason ? `${text}: ${reason}` : text}${proofOf(run, signature)}`,
        by,
      );
      if (alone)
        notify(
          run,
          'emergency-approval',
          `${run.direction()}: ${by} accepts ${id} ALONE, as an emergency: ${reason}`,
          'danger',
        );
      return { taken: true, why: text };
    },
    refuse: (why) => ({ taken: false, why }),
  });
}
