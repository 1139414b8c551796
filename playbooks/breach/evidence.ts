/** The breached state is kept as evidence before anything is changed. Runbook: "Security breach requiring rebuild". */
import { manual } from '../../activities/people/manual.ts';
import { pinPoint } from '../../activities/retention/pin-point.ts';
import type { Stage } from '../../domain/playbook/playbook.ts';
import { labels } from '../../domain/run/requests.ts';
import { hostsOf, locationsFor, placeAt, type Situation, stage } from '../compiler.ts';
import { pointStepsFor } from '../steps/point.ts';

/**
 * The breached state as a recovery point that is pinned. What fails there holds nothing up by itself, but a person says whether the
 * evidence is enough, or keeps the disks instead, before anything is changed.
 */
export function evidence(situation: Situation): Stage[][] {
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
