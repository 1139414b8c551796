/** The part of a report that tells of a drill. Pure. */
import { joinParts, markdownList, markdownTable } from '../markdown.ts';
import type { Report } from '../report.ts';
import type { DrillReport } from './report.ts';

/** Empty in the report of a run that is no drill. */
export function drillMarkdown({ drill }: Pick<Report, 'drill'>): string {
  if (!drill) return '';
  const rows = drill.answers.filter(({ when }) => when !== 'sign-off').map((each) => [each.when, ...rowOf(each)]);
  const signatures = drill.answers.filter(({ when }) => when === 'sign-off');
  return joinParts([
    `## Drill ${drill.name} (${drill.kind}): ${drill.result}`,
    markdownList('What keeps it from being passed', drill.findings),
    markdownTable('Checklist', ['When', 'Item', 'Answer', 'By', 'At'], rows),
    markdownTable(
      'Sign-off',
      ['Role', 'Answer', 'By', 'At'],
      signatures.map((each) => [each.role ?? '', ...rowOf(each).slice(1)]),
    ),
  ]).trimEnd();
}

function rowOf({ title, answer, state, by = '', at = '' }: DrillReport['answers'][number]): string[] {
  return [title, state === 'answered' ? (answer ?? 'done') : state, by, at];
}
