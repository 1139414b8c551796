/** What a drill has shown, in its report. Pure. */
import { formatDuration } from '../../duration.ts';
import { cut, type Html, html } from '../../html.ts';
import type { Report } from '../report.ts';
import { badge, type Tone, table } from './page.ts';
import { clock } from './scale.ts';

type Drill = NonNullable<Report['drill']>;

const tones: Record<Drill['result'], Tone> = {
  passed: 'good',
  failed: 'bad',
  incomplete: 'warn',
  'called-off': 'plain',
};
const named = {
  detect: 'to detect',
  decide: 'to decide',
  act: 'to recover',
  verify: 'to verify',
  total: 'in all',
} as const;

/** Undefined in the report of a run that is no drill. */
export function drillSection({ drill }: Report): Html | undefined {
  if (!drill) return undefined;
  const { name, kind, fault, result, findings, answers } = drill;
  const rows = answers.map(({ when, title, answer, state, by = '', at, role }) => [
    when,
    cut(role === undefined ? title : `${title} (${role})`, 160),
    state === 'answered' ? cut(answer ?? 'done') : badge(state, 'warn'),
    by,
    at === undefined ? '' : clock(at),
  ]);
  return html`<p>${badge(result, tones[result])} ${name}, ${kind}${fault !== undefined && `, with ${fault} put in on purpose`}</p>
${findings.length > 0 && html`<ul class="findings">${findings.slice(0, 50).map((each) => html`<li>${cut(each)}</li>\n`)}</ul>`}
${table(['', 'now', 'the one before'], timesOf(drill))}
${rows.length > 0 && html`<h3>Checklist and signatures</h3>`}${table(['when', 'item', 'answer', 'by', 'at'], rows)}`;
}

function timesOf({ metrics, compared }: Drill): (Html | string)[][] {
  const measured = (Object.keys(named) as (keyof typeof named)[]).flatMap((metric): (Html | string)[][] => {
    const ms = metrics[metric];
    const change = compared?.changes.find((each) => each.metric === metric);
    if (ms === undefined) return [];
    return [
      [
        named[metric],
        formatDuration(ms),
        change ? html`${formatDuration(change.before)} ${change.slower && badge('now slower', 'warn')}` : '',
      ],
    ];
  });
  return [
    ...measured,
    ['of it for people', formatDuration(metrics.waiting), ''],
    ...(metrics.rto ? [['RTO', against(metrics.rto), '']] : []),
    ...(metrics.rpo ? [['RPO', against(metrics.rpo), '']] : []),
    ...(compared ? [['passed', `${compared.passed} of the last ${compared.of}`, compared.result]] : []),
  ];
}

function against({ achieved, target, met }: NonNullable<Drill['metrics']['rto']>): Html {
  if (target === undefined) return html`${formatDuration(achieved)}, no target`;
  return html`${formatDuration(achieved)}, target ${formatDuration(target)} ${badge(met ? 'met' : 'missed', met ? 'good' : 'bad')}`;
}
