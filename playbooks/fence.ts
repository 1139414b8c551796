/** Keep a site from taking writes, while another one serves: two sites that both write, or an old primary that came back. */
import { refusal } from '../domain/errors.ts';
import { gate, playbook, type Situation, stage } from './compiler.ts';
import { fenceWhileOtherServes } from './steps/fence.ts';
import { stepsFor } from './steps.ts';

export function fence(situation: Situation) {
  const { plan, assessment } = situation;
  const site = assessment.to;
  const others = Object.keys(plan.sites).filter((name) => name !== site);
  // The one that the names lead to; with two sites, the other.
  const other = others.find((name) => assessment.serving?.includes(name)) ?? others[0];
  if (!other) {
    throw refusal(
      'AllSitesOff',
      `${site} is the only site of ${plan.service}: without it nobody is served.`,
      'stop the service by hand if that is what you want.',
    );
  }
  const steps = fenceWhileOtherServes(situation, site, other);
  const items = [
    stage(`Fence ${site}`, steps),
    gate(`${site} is fenced, or someone accepted that it is not`, steps, 'fenced', 'site-not-fenced'),
  ];
  return playbook(situation, undefined, items, stepsFor(situation, other).steady());
}
