/**
 * Backup: a recovery point of every component, or of those that were asked for, copied to every other storage location. Runbook:
 * "Daily Full Backup", "Hourly Incremental Backup", "Configuration Backup", "Database Backup".
 *
 * The manifest is written last, so a backup that fails anywhere leaves no recovery point behind.
 */
import { playbook, type Situation, stage } from './compiler.ts';
import { pointStepsFor } from './point-steps.ts';

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
  ]);
}
