/** The part of a report that tells of a drill. Pure. */

import { formatDuration } from '../duration.ts';
import { joinParts, markdownList, markdownTable } from '../markdown.ts';
import type { Report } from '../report/report.ts';
import type { DrillReport } from './report.ts';

/** Empty in the report of a run that is no drill. */
export function drillMarkdown({ drill }: Pick<Report, 'drill'>): string {
  if (!drill) return '';
  const rows = drill.answers.filter(({ when }) => when !== 'sign-off').map((each) => [each.when, ...rowOf(each)]);
  const signatures = drill.answers.filter(({ when }) => when === 'sign-off');
  return joinParts([
    `## Drill ${drill.name} (${drill.kind}): ${drill.result}`,
    markdownList('What keeps it from being passed', drill.findings),
    markdownTable('How long it took', ['', '', 'The one before'], timesOf(drill)),
    markdownTable('Checklist', ['When', 'Item', 'Answer', 'By', 'At'], rows),
    markdownTable(
      'Sign-off',
      ['Role', 'Answer', 'By', 'At'],
      signatures.map((each) => [each.role ?? '', ...rowOf(each).slice(1)]),
    ),
  ]).trimEnd();
}

const named = {
  detect: 'Time to detect',
  decide: 'Time to decide',
  act: 'Time to recover',
  verify: 'Time to verify',
  total: 'Total duration',
} as const;

function timesOf({ metrics, compared }: DrillReport): string[][] {
  const measured = (Object.keys(named) as (keyof typeof named)[]).flatMap((metric): string[][] => {
    const ms = metrics[metric];
    const change = compared?.changes.find((each) => each.metric === metric);
    const before = change ? `${formatDuration(change.before)}${change.slower ? ', now SLOWER' : ''}` : '';
    return ms === undefined ? [] : [[named[metric], formatDuration(ms), before]];
  });
  const { rto, rpo } = metrics;
  const passed = compared ? [['Passed', `${compared.passed} of the last ${compared.of}`, compared.result]] : [];
  return [
    ...measured,
    ['Of it for people', formatDuration(metrics.waiting), ''],
    ...(rto ? [['RTO', against(rto), '']] : []),
    ...(rpo ? [['RPO', against(rpo), '']] : []),
    ...passed,
  ];
}

/** `4m10s, target 30m: met` */
function against({ achieved, target, met }: NonNullable<DrillReport['metrics']['rto']>): string {
  if (target === undefined) return `${formatDuration(achieved)}, no target`;
  return `${formatDuration(achieved)}, target ${formatDuration(target)}: ${met ? 'met' : 'MISSED'}`;
}

function rowOf({ title, answer, state, by = '', at = '' }: DrillReport['answers'][number]): string[] {
  return [title, state === 'answered' ? (answer ?? 'done') : state, by, at];
}
