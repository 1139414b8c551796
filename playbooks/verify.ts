/**
 * Verify: every object of recovery points against their manifests, where they lie. Runbook: "Monthly Backup Verification", steps 1 to 3.
 *
 * A location that has lost everything is filled from the others first, then looked at like the rest.
 */
import { playbook, type Situation, stage } from './compiler.ts';
import { verifySteps } from './steps/verify.ts';

export function verify(situation: Situation) {
  const steps = verifySteps(situation);
  return playbook(situation, undefined, [
    stage('Bring the recovery points back to the location that lost them', steps.reseed()),
    stage('Compare the shipped logs with their records', steps.verifyLogs()),
    stage('Compare every object with its manifest', steps.verify()),
    stage('Bring the audit log to every location', steps.bringAudit()),
  ]);
}
