/** A playbook as Markdown that a person can follow at three in the morning: who to call, what is known, each step with its commands. */
import { formatDuration } from '../../domain/duration.ts';
import { expectedDuration } from '../../domain/playbook/estimate.ts';
import { type PlaybookItem, type Step, stepsOf } from '../../domain/playbook/playbook.ts';
import { rejoins, traitsOf } from '../../domain/playbook/procedures.ts';
import { directionOf } from '../../domain/run/present.ts';
import { stepDefinitions } from '../registry.ts';
import { preparation } from './preparation.ts';
import type { Runbook } from './runbook.ts';

/** @param planFolder  that the plan's relative files are in */
export function runbookMarkdown(runbook: Runbook, planFolder: string, now: Date): string {
  const { plan, playbook, sha256, assessment } = runbook;
  const expected = expectedDuration(playbook);
  const promise = plan.objectives.rto[playbook.procedure];
  const noReturn = playbook.items.findIndex(({ type }) => type === 'pointOfNoReturn');
  return [
    `# ${directionOf(playbook)}: ${plan.title}`,
    '',
    `Compiled from facts of ${assessment.at}${ageOf(assessment.at, now)}, and the plan \`${assessment.plan.slice(0, 12)}\`; playbook \`${sha256.slice(0, 12)}\`.`,
    ...(playbook.point
      ? [`Recovery point **${playbook.point}**, of ${assessment.point?.takenAt ?? 'a time not known'}.`]
      : []),
    expected > 0
      ? `It took ${formatDuration(expected)} the last time.`
      : 'Nobody has carried it out yet, so nothing is known of how long it takes.',
    ...(promise ? [`Promised: ${formatDuration(promise.expected)}, at most ${formatDuration(promise.maximum)}.`] : []),
    '',
    '## Who',
    '',
    `- Owner: ${plan.owner}${plan.approver ? `; approves: ${plan.approver}` : ''}`,
    ...plan.contacts.map(({ role, email, phone, pagerduty }) => {
      return `- ${role}: ${[phone, email, pagerduty && `PagerDuty ${pagerduty}`].filter(Boolean).join(', ')}`;
    }),
    '',
    '## What was found',
    '',
    '| | Fact | Found | Where |',
    '|---|---|---|---|',
    ...assessment.facts.map(
      ({ state, title, value, source }) => `| ${[state, title, value, source].map(cell).join(' | ')} |`,
    ),
    '',
    ...(assessment.risks.length === 0
      ? ['No risk stands.']
      : [
          'Risks, each to be accepted by name before anything is changed:',
          '',
          ...assessment.risks.map(({ id, severity, text }) => `- [ ] **${id}** (${severity}): ${text}`),
        ]),
    '',
    '## Before you begin',
    '',
    'Once, in the shell (bash) that the commands below are typed into. It holds no secret and changes nothing.',
    '',
    '```sh',
    ...preparation(runbook, planFolder),
    '```',
    '',
    '## What to do',
    '',
    'Stages one after another; steps of one line of a stage may go side by side. Tick what is done, and write down when.',
    ...playbook.items.flatMap((item, index) => itemLines(item, index + 1, index < noReturn)),
    '',
    '## What to check at the end',
    '',
    ...endLines(runbook).map((line) => `- [ ] ${line}`),
    '',
  ].join('\n');
}

/** Said where they are not of now. */
function ageOf(at: string, now: Date): string {
  const hours = Math.floor((now.getTime() - Date.parse(at)) / 3_600_000);
  if (hours < 1) return '';
  return `, which are ${Math.floor(hours / 24)} d ${hours % 24} h old: newer recovery points and other hosts are not in it`;
}

/** What is to be true of the service afterwards, and of nothing that the procedure leaves alone. */
function endLines({ plan, playbook }: Runbook): string[] {
  const { procedure, from, to } = playbook;
  const { moves, restores } = traitsOf(procedure);
  const fences = procedure === 'fence';
  const leads =
    (moves || restores || procedure === 'shift') && stepsOf(playbook).some(({ kind }) => kind === 'awaitResolution');
  return [
    `${plan.health.publicUrl} answers${describeExpected(plan.health.expect)} ${plan.health.successes} times in a row, from outside`,
    ...(leads ? plan.traffic.records.map(({ name }) => `${name} leads to ${to}`) : []),
    ...(fences ? plan.traffic.records.map(({ name }) => `${name} does not lead to ${to}`) : []),
    ...(rejoins(procedure) ? [`the databases at ${to} stream from ${from}`] : []),
    ...((moves && !rejoins(procedure)) || fences ? [`nothing at ${fences ? to : from} can take a write`] : []),
    ...(restores ? ['a new recovery point is taken at the site that serves now'] : []),
    ...(stepsOf(playbook).some(({ kind }) => kind === 'takeLease')
      ? ['the lease is given back, where it was taken by hand']
      : []),
  ];
}

/** @param returns  it comes before a point of no return */
function itemLines(item: PlaybookItem, number: number, returns: boolean): string[] {
  switch (item.type) {
    case 'stage': {
      const beside = item.alongside ? ['', 'Begin it and go on; the next gate waits for it.'] : [];
      const ranks = item.ranks.flatMap((rank, index) => [
        ...(item.ranks.length > 1 ? ['', `**${number}.${index + 1}**${rank.length > 1 ? ', side by side' : ''}`] : []),
        ...rank.flatMap((step) => stepLines(step, returns)),
      ]);
      return ['', `### ${number}. ${item.title}`, ...beside, ...ranks];
    }
    case 'gate':
      return [
        '',
        `### ${number}. Gate: ${item.title}`,
        '',
        `- [ ] each of ${item.steps.map((id) => `\`${id}\``).join(', ')} came out as \`${item.outcome}\`, or the risk **${item.risk}** was accepted by name`,
      ];
    case 'pointOfNoReturn':
      return ['', `### ${number}. POINT OF NO RETURN: ${item.title}`, '', 'From here on nothing is put back.'];
    case 'watch':
      return [
        '',
        `### ${number}. ${item.title}: for ${formatDuration(item.for)}, every ${formatDuration(item.every)}`,
        ...stepLines(item.step, returns),
      ];
    default:
      return ['', `### ${number}. ${(item as { title: string }).title}`];
  }
}

function stepLines(step: Step, returns: boolean): string[] {
  const definition = stepDefinitions.find(({ kind, version }) => kind === step.kind && version === step.version);
  const commands = definition?.shell(definition.input.parse(step.input)) ?? [];
  const notes = [
    step.expected > 0 ? `took ${formatDuration(step.expected)} the last time` : '',
    step.undoable && returns ? 'note what was there: it may be put back until the point of no return' : '',
    step.required ? '' : 'if it fails, go on',
  ].filter(Boolean);
  return [
    '',
    `- [ ] ${step.title} (\`${step.id}\`)${notes.length > 0 ? `; ${notes.join('; ')}` : ''}`,
    ...(commands.length > 0
      ? // At the margin: the end of a document within a command stands nowhere else.
        ['', '```sh', ...commands.flatMap((each) => each.split('\n')), '```']
      : []),
  ];
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function describeExpected(expect: Readonly<Record<string, unknown>>): string {
  const wanted = Object.entries(expect).map(([path, value]) => `${path} = ${JSON.stringify(value)}`);
  return wanted.length > 0 ? ` with ${wanted.join(' and ')}` : '';
}
