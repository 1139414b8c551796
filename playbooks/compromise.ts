/**
 * Recovery from a breach. Runbook: "Security breach requiring rebuild". The newest recovery point from before the moment of the breach
 * comes up at the clean site; the breached site is fenced and kept as evidence, never restored in place.
 *
 * What is captured as evidence is captured first, while nothing has been changed; users leave the breached site at the same time.
 */
import { command } from '../activities/hosts/run-command.ts';
import { manual } from '../activities/people/manual.ts';
import { pinPoint } from '../activities/retention/pin-point.ts';
import { refusal } from '../domain/errors.ts';
import type { PlaybookItem, Stage, Step } from '../domain/playbook.ts';
import { labels } from '../domain/requests.ts';
import {
  gate,
  hostsOf,
  hostsOfGroup,
  locationsFor,
  placeAt,
  playbook,
  pointOfNoReturn,
  type Situation,
  stage,
  stepId,
  watch,
} from './compiler.ts';
import { notFenced } from './failover.ts';
import { takeTheLease } from './lease-steps.ts';
import { liftSteps } from './lift-steps.ts';
import { pointStepsFor } from './point-steps.ts';
import { notRestorable, refusePart } from './refusals.ts';
import { replicaStepsFor } from './replica-steps.ts';
import { restoreStepsFor } from './restore-steps.ts';
import { stepsFor } from './steps.ts';
import { thaw } from './thaw-steps.ts';

export function compromise(situation: Situation) {
  const { from, to, point } = situation.assessment;
  refusePart(situation);
  refuseWithoutMoment(situation);
  if (!point) throw notRestorable(situation);
  const data = restoreStepsFor(situation, to);
  const site = stepsFor(situation, to);
  const fences = site.fence(from);
  const ahead = site.leadAhead();
  const closed = ahead.length > 0 ? stopBeforeUsersCome(situation) : [];
  const later = (steps: readonly Step[]) => steps.filter(({ id }) => !ahead.some((each) => each.id === id));
  const cutOver = later(site.pointNames());
  const resolve = site.awaitNames();
  return playbook(
    situation,
    point.id,
    [
      stage('Take the lease', takeTheLease(situation)),
      stage(
        'Take the name away from the breached site',
        [...site.withdrawNames(from), ...site.withdrawOthers(from), ...closed],
        ahead,
      ),
      ...evidence(situation),
      stage('Fence the breached site: stopped, never terminated', fences),
      gate('The breached site is fenced, or someone accepted that it is not', fences, 'fenced', notFenced),
      stage(
        'Power up the clean hosts',
        site.startHosts(),
        site.awaitHosts(),
        data.prepareHosts(),
        // Users may be led here already, and a host may boot with its service on: nothing is looked at before it is stopped.
        site.stopService(),
        site.checkHosts(),
      ),
      stage('Wait for cold storage', thaw(situation)),
      // A standby that streamed followed the breach.
      stage('Open the standbys that are restored over', replicaStepsFor(situation, from, to).open()),
      stage('Open what a fence closed', liftSteps(situation, to, situation.plan.components)),
      stage('Restore the data from before the breach', ...data.restoreByRank(point)),
      stage('Check the data before anything writes to it', data.checkData(point), data.enableUnits()),
      rotateSecrets(situation),
      ...startAndServe(),
      stage('Cut traffic over', cutOver),
      stage(
        'See it from outside',
        resolve,
        site.seeFromOutside([...ahead.filter(({ required }) => required), ...cutOver, ...resolve]),
      ),
      stage('Move the names beside it', later(site.pointOthers()), site.awaitOthers()),
      changeKeys(situation),
      stage('Tell monitoring', site.updateMonitoring(), site.manual('end')),
      watch('Watch the service', situation.plan.watch, site.watchMoved(from)),
    ],
    site.steady(),
  );

  /** Where a name leads here already, users write from the moment the service starts. */
  function startAndServe(): PlaybookItem[][] {
    const start = stage('Start the service', site.startService());
    if (ahead.length === 0) {
      const prove = stage('Prove it works', site.checkHealth(), site.manual('cutover'));
      return [start, prove, pointOfNoReturn(`${to} takes writes`)];
    }
    return [
      stage('Confirm before anything writes to it', site.manual('cutover')),
      pointOfNoReturn(
        `${to} takes writes: ${ahead.flatMap(({ required, input }) => (required ? [input.name] : [])).join(', ')} leads there already`,
      ),
      start,
      stage('Prove it works', site.checkHealth()),
    ];
  }
}

/**
 * Users are led to the clean site while its data are not restored: what they wrote to a service that runs there would be put aside with
 * what stood there, and nobody would count it. A host that is off has none to stop, nor has a bare one.
 */
function stopBeforeUsersCome(situation: Situation): Step[] {
  const { assessment, request } = situation;
  if (request?.restore?.bare) return [];
  const hosts = assessment.hosts.filter(({ address }) => assessment.on?.includes(address));
  return stepsFor({ ...situation, assessment: { ...assessment, hosts } }, assessment.to, 'ahead').stopService();
}

/** In place only onto hosts that were rebuilt, and from before the breach. @throws NotClean, BadInput */
export function refuseUnclean(situation: Situation): void {
  if (!situation.request?.compromise) return;
  refuseWithoutMoment(situation);
  if (situation.request.restore?.bare) return;
  throw refusal(
    'NotClean',
    'A breached host is not restored in place: what the intruder left on it would stay.',
    'recover at the other site (leave --in-place out), or rebuild the hosts and say so: --in-place --bare.',
  );
}

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

/**
 * The breached state as a recovery point that is pinned. What fails there holds nothing up by itself, but a person says whether the
 * evidence is enough, or keeps the disks instead, before anything is changed.
 */
function evidence(situation: Situation): Stage[][] {
  const { plan, assessment, request } = situation;
  const { from, to, at } = assessment;
  const look = manual.step(
    {
      title: `Confirm that the evidence of ${from} is kept`,
      instructions: [
        `Its recovery point has the label ${labels.evidence} and is pinned. Where a step of it failed, keep the disks instead:`,
        'snapshots of the volumes, and termination protection of the instances. After this the hosts are stopped, never terminated.',
      ].join('\n'),
    },
    placeAt(plan, to)('confirm-evidence'),
  );
  const groups = [...new Set(plan.components.map(({ host }) => host))];
  if (!groups.every((group) => hostsOf(situation, from, group).length > 0)) return [stage('Keep the evidence', [look])];

  const site = pointStepsFor({ ...situation, label: labels.evidence, request: undefined }, from);
  const id = site.newPoint(at);
  const prepare = site.preparePoint(id);
  const captures = site.capture(id, prepare);
  const commit = site.commitPoint(id, prepare, captures);
  const pin = pinPoint.step(
    {
      service: plan.service,
      point: { committedBy: commit.id },
      locations: [locationsFor(plan, from)[0] as string],
      pinned: true,
      reason: `evidence of the breach; data is trusted from before ${request?.restore?.before}`,
      by: situation.by ?? 'a run',
    },
    placeAt(plan, from)('pin-evidence', { needs: [commit.id] }),
  );
  const ranks = [[prepare], captures, [commit], [pin], site.copyPoint(id, commit)];
  const optional = ranks.map((rank) => rank.map((step) => ({ ...step, required: false })));
  return [stage('Keep the evidence', ...optional, [look])];
}

function refuseWithoutMoment({ request, assessment }: Situation): void {
  const before = request?.restore?.before;
  const { point } = assessment;
  if (before === undefined) {
    throw refusal(
      'BadInput',
      'A recovery from a breach needs the moment before which the data is trusted.',
      '--before 2026-01-02T03:00:00+00:00; when unsure, earlier.',
    );
  }
  if (!point || Date.parse(point.takenAt) < Date.parse(before)) return;
  throw refusal(
    'PointTooNew',
    `Recovery point ${point.id} was taken at ${point.takenAt}, not before ${before}.`,
    'leave --point out to take the newest from before it.',
  );
}
