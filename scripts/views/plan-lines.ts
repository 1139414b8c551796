/** A plan as people talk about it. Pure. */
import type { LoadedPlan } from '../../activities/plans/load-plan.ts';
import { formatDuration } from '../../domain/duration.ts';
import { type Approvals, rulesOf } from '../../domain/plan/approvals.ts';
import type { Component } from '../../domain/plan/component.ts';
import { holderOf } from '../../domain/plan/storage.ts';
import { procedures } from '../../domain/playbook/procedures.ts';
import { columns } from './columns.ts';

export function planLines({ plan, sha256, files }: LoadedPlan): string[] {
  return [
    `${plan.title} (${plan.service}); owner ${plan.owner}${plan.approver ? `, approved by ${plan.approver}` : ''}`,
    `from ${files.join(', ')}; SHA-256 ${sha256}`,
    ...(plan.review ? [`reviewed ${plan.review.last}, next ${plan.review.next}`] : []),
    '',
    `RPO ${formatDuration(plan.objectives.rpo)}`,
    indented(
      Object.entries(plan.objectives.rto).map(([name, rto]) => [
        `RTO ${name}`,
        `expected ${formatDuration(rto.expected)}`,
        `at most ${formatDuration(rto.maximum)}`,
      ]),
    ),
    '',
    'Sites',
    indented(
      Object.entries(plan.sites).map(([name, site]) => [
        name,
        site.role,
        site.region,
        Object.keys(site.hosts).join(', '),
        `storage ${site.storage}`,
      ]),
    ),
    'Components',
    indented(
      plan.components
        .toSorted((a, b) => a.rank - b.rank)
        .map((each) => [`rank ${each.rank}`, each.name, each.driver, `on ${each.host}`, contentOf(each)]),
    ),
    'Storage',
    indented(
      Object.entries(plan.storage).map(([name, each]) => [
        name,
        each.driver,
        each.region,
        `${holderOf(each)}/${each.prefix}`,
      ]),
    ),
    'Traffic',
    indented(
      plan.traffic.records.map((each) => [
        each.name,
        each.type,
        `by ${each.via}`,
        `wait ${formatDuration(each.wait)}`,
        Object.keys(each.sites).join(', '),
      ]),
    ),
    'Health',
    indented([[plan.health.url, `${plan.health.successes} in a row, every ${formatDuration(plan.health.interval)}`]]),
    'Approvals',
    indented(approvalRows(plan.approvals)),
  ];
}

/** A row for each procedure that asks. */
function approvalRows(approvals: Approvals): string[][] {
  return procedures.flatMap((procedure) => {
    const rules = rulesOf(approvals, procedure);
    if (!rules.required) return [];
    return [
      [
        procedure,
        rules.from ? `from ${rules.from.join(', ')}` : 'from anybody',
        `quorum ${rules.quorum}`,
        rules.requesterMayApprove ? 'the requester may approve' : 'the requester may not approve',
        rules.signed === 'required' ? 'signed' : 'unsigned is allowed',
        `within ${formatDuration(rules.timeLimit)}, then ${rules.whenTimePasses}`,
        rules.emergency ? `alone in an emergency: ${rules.emergency.from.join(', ')}` : '',
      ],
    ];
  });
}

function contentOf(component: Component): string {
  switch (component.driver) {
    case 'files':
      return component.paths.join(' ');
    case 'redis':
      return component.socket ?? `port ${component.port}`;
    case 'postgresql-pitr':
      return component.dataDirectory;
    default:
      return component.database;
  }
}

function indented(rows: string[][]): string {
  return columns(rows.map(([first = '', ...rest]) => [`  ${first}`, ...rest]));
}
