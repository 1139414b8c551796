/** What an intruder may know is changed: secrets of the service, keys of recovery points, signers. */
import { command } from '../../activities/hosts/run-command.ts';
import { manual } from '../../activities/people/manual.ts';
import type { Stage, Step } from '../../domain/playbook/playbook.ts';
import { hostsOfGroup, placeAt, type Situation, stage, stepId } from '../compiler.ts';

/** Every secret that the service had, by the plan's own commands and by people; each is confirmed by a person. */
export function rotateSecrets(situation: Situation): Stage[] {
  const { plan, assessment } = situation;
  const at = placeAt(plan, assessment.to);
  const wanted = plan.compromise?.rotate ?? [allSecrets];
  const ranks = wanted.flatMap((each): Step[][] => {
    const id = `rotate-${stepId(each.title)}`;
    if (!('run' in each)) return [[manual.step(each, at(id))]];
    const host =
      each.on === 'worker'
        ? undefined
        : hostsOfGroup(situation, assessment.to, each.on, `the command "${each.title}"`)[0];
    const { title, run, limit } = each;
    const done = `The command "${title}" has run. Check that the old secret is refused and the new one works.`;
    return [
      [command.step({ title, run, host, limit }, at(id, { limits: { startToClose: limit + 10_000 } }))],
      [manual.step({ title: `Confirm: ${title}`, instructions: done }, at(`confirm-${id}`))],
    ];
  });
  return stage('Change what the intruder may know', ...ranks);
}

const allSecrets = {
  title: 'Change every secret of the service',
  instructions:
    'The plan names none in compromise.rotate. Change passwords of databases, API keys, tokens and certificates in the restored configuration, and revoke the old ones.',
};

/** Keys and pins lie in the plan, which a run cannot change under itself: a person does it, with these commands. */
export function changeKeys(situation: Situation): Stage[] {
  const { plan, assessment } = situation;
  const { service } = plan;
  const breached = assessment.from;
  const at = placeAt(plan, assessment.to);
  const keys = [
    `muster keys make FOLDER --site ${breached}`,
    `# in the plan: sites.${breached}.certificate and key are the new ones; the old key goes to previousKeys, then:`,
    `muster keys rotate ${service} --from ${assessment.to} --drop-old --reason "breach of ${breached}"`,
  ];
  const signers = [
    '# where a worker, or a machine with the signing key, may have been reached:',
    'muster keys make FOLDER --signer',
    '# in the plan: signer.key is the new one, its public key is added to signer.pinned. Take the old one out of signer.pinned',
    '# when no point that it signed is wanted any more; a point it signs after the breach proves nothing.',
    `muster keys check ${service}`,
  ];
  const after = [`muster backup ${service} --kind full   # nothing newer than the breach is a base for what comes`];
  const step = (id: string, title: string, lines: string[]) =>
    manual.step({ title, instructions: lines.join('\n') }, at(id));
  return stage('Change the keys', [
    step('change-site-key', `Change the key of ${breached}`, keys),
    step('change-signer', 'Change the signer and its pins', signers),
    step('full-backup-after', 'Begin a full backup', after),
  ]);
}
