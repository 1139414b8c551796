/**
 * Backup: a recovery point of every component, or of those that were asked for, copied to every other storage location. Runbook:
 * "Daily Full Backup", "Hourly Incremental Backup", "Configuration Backup", "Database Backup".
 *
 * The manifest is written last, so a backup that fails anywhere leaves no recovery point behind.
 */
import { keepScript } from '../activities/runbook/keep-script.ts';
import type { Step } from '../domain/playbook/playbook.ts';
import { locationsFor, placeAt, playbook, type Situation, siteOf, stage } from './compiler.ts';
import { pointStepsFor } from './steps/point.ts';

export function backup(situation: Situation) {
  const { from, at } = situation.assessment;
  const site = pointStepsFor(situation, from);
  const point = site.newPoint(at);
  const prepare = site.preparePoint(point);
  const captures = site.capture(point, prepare);
  const commit = site.commitPoint(point, prepare, captures);
  return playbook(situation, point, [
    stage('Prepare the recovery point', [prepare]),
    stage('Capture the components', captures),
    stage('Commit the recovery point', [commit]),
    stage('Copy it to the other locations', site.copyPoint(point, commit)),
    stage('Keep a script that needs no Muster', scripts(situation)),
  ]);
}

/** Of a failover from the site that serves to each other one that a script can bring it to, made where that one's keys are. */
function scripts({ plan, assessment }: Situation): Step[] {
  const { from, serving = [] } = assessment;
  const serves = serving.length > 0 ? serving.includes(from) : plan.sites[from]?.role === 'primary';
  if (!serves) return [];
  const others = Object.keys(plan.sites).filter((name) => name !== from);
  const locations = locationsFor(plan, from);
  return others
    .filter((to) => plan.storage[siteOf(plan, to).storage]?.driver === 's3')
    .map((to) => {
      const place = placeAt(plan, to, others.length > 1 ? to : '')('keep-script', { required: false });
      return keepScript.step({ service: plan.service, from, to, locations }, place);
    });
}
