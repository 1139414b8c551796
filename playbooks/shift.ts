/** Shift: give a site the traffic of the weighted names, share by share, while the other one serves too. No data moves. */
import { refusal } from '../domain/errors.ts';
import { playbook, type Situation, stage, watch } from './compiler.ts';
import { takeTheLease } from './steps/lease.ts';
import { stepsFor } from './steps.ts';

export function shift(situation: Situation) {
  const { plan, assessment } = situation;
  const { to } = assessment;
  const site = stepsFor(situation, to);
  const ranks = site.shiftWeighted();
  if (ranks.length === 0) {
    throw refusal(
      'NoWeightedName',
      `No name of ${plan.service} has weighted records.`,
      'write `weighted` at a record of the plan; docs/traffic.md says how. muster switchover moves the whole service.',
    );
  }
  const items = [
    stage('Take the lease', takeTheLease(situation)),
    stage(`See that ${to} serves`, site.checkHealth()),
    ...ranks.map((rank) => stage(`Give ${to} ${Math.max(...rank.map(({ input }) => Number(input.percent)))} %`, rank)),
    stage('See it from outside', site.awaitWeighted()),
    watch('Watch the service', plan.watch, site.lookFromOutside()),
  ];
  return playbook(situation, undefined, items, site.steady());
}
