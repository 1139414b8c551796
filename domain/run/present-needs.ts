/** What a person should do now, with the JSON to paste into the Temporal UI: enough without the command. Pure. */
import { oneLine } from '../markdown.ts';
import { commandFor } from '../playbook/procedures.ts';
import { approvalRules } from './present-approval.ts';
import type { Approval, RunStatus, StepStatus } from './run.ts';

const nobody = 'YOUR NAME';

export function presentNeeds(status: RunStatus): string {
  if (status.needs.length === 0) return '';
  const lines = ['## Needed from a person now', ''];
  for (const need of status.needs) {
    lines.push(`- **${oneLine(need.what)}** (since ${need.since}). \`${oneLine(need.how)}\``);
  }
  if (status.phase === 'awaiting-approval' && status.playbook !== undefined) lines.push(...approvalLines(status));
  else lines.push(...decisionLines(status));
  return lines.join('\n');
}

/** What somebody sends as the `approve` Update or Signal; every standing risk is accepted by name. */
export function approvalFor(status: RunStatus, by = nobody): Approval {
  return {
    by,
    decision: 'go',
    playbook: status.playbook ?? '',
    accept: status.risks.map((risk) => risk.id),
    reason: '',
  };
}

function approvalLines(status: RunStatus): string[] {
  const rules = approvalRules(status).map((rule) => `- ${oneLine(rule)}`);
  const head = ['', `Playbook \`${status.playbook}\`.`, ...(rules.length > 0 ? ['', ...rules] : [])];
  if (status.asks?.signed === 'required') return [...head, '', ...signedLines(status)];
  return [
    ...head,
    'Read facts and risks below, then *Send an Update* (or *a Signal*) named `approve` with your own name in:',
    '',
    '```json',
    JSON.stringify(approvalFor(status), null, 2),
    '```',
    '',
    'To refuse, send the same with `"decision": "no-go"`.',
  ];
}

/** Nobody can sign in a form: the JSON is made where the key is, and pasted. */
function signedLines(status: RunStatus): string[] {
  const command = (verb: string) => commandFor(status, verb);
  const accept = status.risks.map((risk) => risk.id).join(',');
  const risks = accept === '' ? '' : ` --accept ${accept}`;
  return [
    'Read facts and risks below. Where your key is, run:',
    '',
    '```',
    `${command('approve')} --print${risks} --by YOUR_NAME --key YOUR_KEY`,
    '```',
    '',
    `and *Send an Update* (or *a Signal*) named \`approve\` with what it prints. To refuse: \`${command('reject')} --print --reason WHY --by YOUR_NAME --key YOUR_KEY\`.`,
  ];
}

function answerFor({ id, asks }: StepStatus): object {
  const answer = { 'yes-no': 'yes', text: 'WORDS' } as const;
  return { by: nobody, step: id, ...(asks ? { answer: answer[asks] } : {}) };
}

function acceptLine(status: RunStatus, risk: string): string {
  if (status.asks?.signed !== 'required')
    return `- \`acceptRisk\`: \`${JSON.stringify({ by: nobody, risk, playbook: status.playbook, reason: 'WHY' })}\``;
  const command = `${commandFor(status, 'accept', risk)} --reason WHY --print --by YOUR_NAME --key YOUR_KEY`;
  return `- \`acceptRisk\`: what \`${command}\` prints`;
}

/** Updates (or Signals) that answer what is open: failed steps, manual steps, a gate, a pause. */
function decisionLines(status: RunStatus): string[] {
  const lines: string[] = [];
  const say = (names: string, payload: object) => lines.push(`- ${names}: \`${JSON.stringify(payload)}\``);
  for (const step of status.stages.flatMap((stage) => stage.ranks.flat())) {
    if (step.state === 'failed' && step.required) {
      say('`retry` or `skip`', { by: nobody, step: step.id, reason: 'WHY' });
    }
    if (step.state === 'running' && step.kind === 'manual') say('`confirm`', answerFor(step));
  }
  if (status.stages.some((stage) => stage.type === 'gate' && stage.state === 'waiting')) {
    for (const risk of status.risks) if (!risk.acceptedBy) lines.push(acceptLine(status, risk.id));
  }
  if (status.paused || status.windowOver) say('`resume`', { by: nobody });
  if (lines.length === 0) return [];
  say('`abort`', { by: nobody, reason: 'WHY' });
  return ['', '*Send an Update* (or *a Signal*) of one of these names:', '', ...lines];
}
