/** Drills that rehearse a whole move, as a run of its own: in isolation, or with real traffic. What people look at stands meanwhile. */
import { endRehearsal } from '../../activities/drills/rehearsal/end-rehearsal.ts';
import { startRehearsal } from '../../activities/drills/rehearsal/start-rehearsal.ts';
import { isolationOf } from '../../domain/drills/isolation.ts';
import type { Drill } from '../../domain/plan/drills.ts';
import { placeAt, type Situation, stage } from '../compiler.ts';
import type { Rehearsal, Rehearse } from './rehearse.ts';

/** @throws NoIsolation */
export const isolated: Rehearse<'isolated'> = (situation, drill) => {
  isolationOf(situation.plan);
  return rehearse(situation, drill);
};

/** It begins by the signed go of people only, which its own runs ask for. */
export const exercise: Rehearse<'exercise'> = (situation, drill) => rehearse(situation, drill);

function rehearse({ plan, assessment }: Situation, drill: Extract<Drill, { hold: number }>): Rehearsal {
  const { name, kind, hold, answerWithin: within, patience } = drill;
  const at = placeAt(plan, assessment.to);
  const input = { service: plan.service, kind, drill: name, hold, within, patience };
  const begun = startRehearsal.step(input, at('start-rehearsal'));
  // What becomes of it is a finding; the lessons are asked for all the same.
  const ended = endRehearsal.step(input, at('end-rehearsal', { needs: [begun.id], required: false }));
  return { items: [stage('Rehearse it', [begun])], ends: [stage('End the rehearsal', [ended])] };
}
