/** The end of a verification in words: what is good, what was mended, what is lost, and what must happen now. */
import type { Plan } from '../../../domain/plan/plan.ts';
import { copiesNeeded } from '../../../domain/points/point-state.ts';
import type { Look, Verification } from '../../../domain/points/verification.ts';
import type { StepOutput } from '../../../domain/run/protocol.ts';
import type { Silent } from './locations.ts';

type Seen = Omit<Verification, 'outcome' | 'summary'>;

/** With `alarm` and `follow` where something is lost: people are told, and a full backup is started. */
export function outputOfLooks(
  state: Seen,
  silent: readonly Silent[],
  plan: Plan,
  service: string,
): Verification & StepOutput {
  const { points, findings, findingsLeftOut, released } = state;
  const quarantined = [...new Map(state.quarantined.map((each) => [each.point, each])).values()];
  const looks: Look[] = [
    ...state.looks,
    ...silent.map(({ location, why }) => notReached(state.looks, location, why)),
  ].flat();
  const notes = [
    ...state.notes,
    ...silent.map(({ location, why }) => `${location} was not reached: ${why}`),
    ...fewCopies(looks, plan),
  ];
  const count = (outcome: string) => findings.filter((finding) => finding.outcome === outcome).length;
  const bad = [
    ...(count('mended') > 0 ? [`${count('mended')} objects mended`] : []),
    ...(count('left') > 0 ? [`${count('left')} could not be mended`] : []),
    ...(quarantined.length > 0 ? [`${quarantined.map(({ point }) => point).join(', ')} quarantined`] : []),
    ...(released.length > 0 ? [`${released.join(', ')} released`] : []),
  ];
  const outcome = bad.length > 0 ? bad.join(', ') : `${points} good`;
  const lost = quarantined.map(({ point, lost: what }) => `${point} has lost ${what.join('; ')}`);
  const summary = `${points} recovery ${points === 1 ? 'point' : 'points'} of ${service} looked at: ${outcome}.${notes.length > 0 ? ` ${notes.slice(0, 5).join(' ')}` : ''}`;
  const output = { outcome, summary, points, looks, findings, findingsLeftOut, quarantined, released, notes };
  if (lost.length === 0) return output;
  const alarm = `${service}: ${lost.join('. ')}. Such a point is not restored any more; a new full backup is started.`;
  const reason = `verification failed: ${lost.join('. ')}`.slice(0, 500);
  return {
    ...output,
    alarm,
    validate: 'hashes',
    follow: { procedure: 'backup', label: 'after-incident', reason, backup: { kind: 'full' } },
  };
}

function notReached(looks: readonly Look[], location: string, why: string): Look[] {
  const ids = [...new Set(looks.map(({ point }) => point))];
  return ids.map((point) => ({ point, location, state: 'not reached', objects: 0, bytes: 0, bad: 0, mended: 0, why }));
}

/** Only where every location was asked for is it known how many copies there are. */
function fewCopies(looks: readonly Look[], plan: Plan): string[] {
  const all = Object.keys(plan.storage);
  const needed = copiesNeeded(plan);
  const ids = [...new Set(looks.map(({ point }) => point))];
  return ids.flatMap((id) => {
    const of = looks.filter(({ point }) => point === id);
    if (of.length < all.length || of.every(({ state }) => state === 'not believed')) return [];
    const good = of.filter(({ state }) => state === 'good' || state === 'mended').length;
    return good < needed
      ? [`${id} has ${good} good ${good === 1 ? 'copy' : 'copies'}, and the plan asks for ${needed}.`]
      : [];
  });
}
