/**
 * Questions for the people who meet after a run: those of the runbooks (root cause, what went well, issues, action items, changes of the
 * runbook, metrics, sign-off) and those that this run itself raises. What the report knows stands beside each. Pure.
 */
import { formatDuration } from '../duration.ts';
import { traitsOf } from '../playbook/procedures.ts';
import type { Report } from './report.ts';

export interface Question {
  readonly ask: string;
  /** What the report already says to it. */
  readonly known?: string;
}

/** A run that failed a hundred times over asks no hundred questions. */
const mostOfAKind = 5;
/** A step that took more than so many times of what was expected is asked about. */
const slow = 2;

export function postMortem(report: Report): Question[] {
  const { restores, drill } = traitsOf(report.procedure);
  return [
    ...(restores ? ofRecovery(report) : []),
    ...raised(report),
    ...(drill || !restores ? [] : [{ ask: 'What was the root cause, and what ended it?' }]),
    { ask: 'What went well, and should stay as it is?' },
    { ask: 'Which issues were met that this report does not show?' },
    { ask: 'Which action items follow, who has each, and by when? Is there a ticket for each?' },
    { ask: 'What changes in the plan, the runbook or the monitoring?' },
    ...(report.procedure === 'backup' || drill ? ofPoints(report) : []),
    { ask: 'Who was told of the result, and when is the next drill?' },
    { ask: 'Signed off by the DR coordinator and the engineering manager, on:' },
  ];
}

function ofRecovery({ times, durations, rto, writes, downtime }: Report): Question[] {
  const { outage, declared } = times;
  const detected = outage && Math.max(0, Date.parse(declared.at) - Date.parse(outage.at));
  const known =
    detected === undefined ? 'nobody outside saw it begin' : `declared ${formatDuration(detected)} after it began`;
  return [
    { ask: 'How was the outage noticed, and what would have noticed it sooner?', known },
    {
      ask: 'How long did people need to decide, and what did they wait for?',
      known: `${formatDuration(durations.waiting)} were spent waiting for people`,
    },
    ...(rto.verdict === 'missed' || rto.verdict === 'over expected'
      ? [
          {
            ask: 'Why did it take longer than promised, and which step or wait made the difference?',
            known: rto.verdict,
          },
        ]
      : []),
    {
      ask: 'What did users see, and who told them?',
      known: downtime ? `down for ${formatDuration(downtime.ms)} as seen from outside` : 'downtime was not observed',
    },
    ...(writes && writes.lost > 0
      ? [
          {
            ask: 'Whose data was lost, and can it be brought back by other ways?',
            known: `${writes.lost} acknowledged writes are gone`,
          },
        ]
      : []),
  ];
}

function raised({ failed, skipped, gates, risks, steps, rto, procedure }: Report): Question[] {
  const short = gates.flatMap((gate) => gate.short.map(({ step }) => ({ step, outcome: gate.outcome })));
  const late = steps.filter(
    ({ watch, took = 0, expected }) => !watch && expected > 0 && took > slow * expected && took > 10_000,
  );
  const accepted = risks.filter(({ acceptedBy }) => acceptedBy !== undefined);
  const unseen = traitsOf(procedure).restores && rto.verdict === 'not observed';
  return [
    ...some(failed, ({ title, error }) => ({ ask: `Why did "${title}" fail, and can it again?`, known: error })),
    ...some(skipped, ({ title, by }) => ({
      ask: `Was it right to skip "${title}", and what has to be done for it now?`,
      known: `skipped by ${by ?? 'nobody named'}`,
    })),
    ...some(short, ({ step, outcome }) => ({ ask: `Why was ${step} not ${outcome}, and what did that cost?` })),
    ...some(accepted, ({ id, text, acceptedBy }) => ({
      ask: `Did the accepted risk ${id} come true, and can it be removed before the next time?`,
      known: `${text}; accepted by ${acceptedBy}`,
    })),
    ...some(late, ({ title, took = 0, expected }) => ({
      ask: `Why did "${title}" take so long?`,
      known: `${formatDuration(took)} instead of about ${formatDuration(expected)}`,
    })),
    ...(unseen
      ? [{ ask: 'Why did nobody outside see the service come back? An observer is a line in the plan.' }]
      : []),
  ];
}

function ofPoints({ result }: Report): Question[] {
  if (result === 'done') return [];
  return [
    { ask: 'Which backups are affected, and was an earlier one tested?' },
    { ask: 'Should backups be validated more often, and is the backup process itself sound?' },
  ];
}

function some<Item>(items: readonly Item[], question: (item: Item) => Question): Question[] {
  const asked = items.slice(0, mostOfAKind).map(question);
  const left = items.length - asked.length;
  return left > 0 ? [...asked, { ask: `And the ${left} others of this kind?` }] : asked;
}
