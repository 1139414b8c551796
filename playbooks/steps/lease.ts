/** The first stage of everything that changes a service: its lease, where it is needed and where it stops others besides. */
import { takeLease } from '../../activities/lease/take-lease.ts';
import type { Step } from '../../domain/playbook/playbook.ts';
import { traitsOf } from '../../domain/playbook/procedures.ts';
import { placeAt, type Situation, siteOf } from '../compiler.ts';

/**
 * Held beside the target. Where both sites work, it is also held beside the source (a planned move, a rejoin) or wherever it can be (a recovery
 * in place), so that a run that was terminated before finds it gone on either side. A lost site is not asked: it may hang.
 */
export function takeTheLease(situation: Situation): Step[] {
  const { plan, assessment, procedure } = situation;
  const { from, to } = assessment;
  const traits = traitsOf(procedure);
  const needed = new Set([siteOf(plan, to).storage]);
  if (traits.planned || traits.atStandby) needed.add(siteOf(plan, from).storage);
  const others = traits.moves ? [] : Object.values(plan.sites).map(({ storage }) => storage);
  return [
    takeLease.step(
      {
        service: plan.service,
        procedure,
        holder: situation.by ?? 'unknown',
        needed: [...needed],
        others: [...new Set(others)].filter((name) => !needed.has(name)),
      },
      placeAt(plan, to)('take-lease'),
    ),
  ];
}
