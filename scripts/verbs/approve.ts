/**
 * `muster approve`: shows what would be done and what is risked, checks the worker's hash against the playbook itself,
 * and sends the go. The worker that claims a hash is not the one that is believed.
 */
import { hashPlaybook } from '../../activities/planning/hash.ts';
import { refusal } from '../../domain/errors.ts';
import { directionOf } from '../../domain/run/present.ts';
import { approvalRules } from '../../domain/run/present-approval.ts';
import type { RunStatus } from '../../domain/run/run.ts';
import { type Decided, type GiveOptions, give, givingVerb } from '../cli/approval.ts';
import { checkedPlaybook } from '../cli/checked-playbook.ts';
import type { Cli } from '../cli/cli.ts';
import { ask, say, warn } from '../cli/io.ts';
import type { RunSeen } from '../cli/runs.ts';
import { sinceApprovedLines } from '../cli/since-approved.ts';
import { playbookLines } from '../views/playbook-lines.ts';
import { factLines } from '../views/run-lines.ts';
import { type AddVerb, examples, type RunVerbOptions, runFor, runVerb } from './verb.ts';

interface ApproveOptions extends RunVerbOptions, GiveOptions {
  readonly yes?: boolean;
  readonly accept?: string;
  readonly playbook?: string;
  readonly emergency?: true;
}

export const addApprove: AddVerb = (program, run) => {
  givingVerb(runVerb(program, 'approve', 'go: read facts and risks, check the hash, and let a run begin'))
    .option('--yes', 'do not ask; every risk must then be named with --accept')
    .option('--accept <risks>', 'ids of the risks that are accepted, with commas')
    .option('--reason <text>', 'why')
    .option('--emergency', 'decide alone, where the plan lets you; with --reason; everybody is told at once')
    .option('--playbook <hash>', 'the hash that was read; refused when the run shows another')
    .addHelpText(
      'after',
      examples(
        'muster approve spacetime',
        'muster approve spacetime --yes --accept point-older-than-rpo,old-primary-not-fenced --by dana',
        'muster approve spacetime --key ~/.ssh/id_ed25519_sk',
        'muster approve spacetime --print --accept old-primary-not-fenced --key ~/.ssh/id_ed25519.pub',
        'muster approve spacetime --emergency --reason "nobody else answers the phone" --key ~/.ssh/id_ed25519',
      ),
    )
    .action(
      run<ApproveOptions>(async (cli, [service = ''], options) => {
        const seen = await runFor(cli, service, options);
        const who = cli.who(options.by);
        const named = (options.accept ?? '')
          .split(',')
          .map((risk) => risk.trim())
          .filter(Boolean);
        if (!seen.status) return await approveUnseen(cli, seen, who.by, named, options);
        const status = seen.status;
        assertWaiting(status);
        const playbook = await checkedPlaybook(cli, seen, status, options.playbook);
        const hash = hashPlaybook(playbook);
        const since = cli.json ? [] : [...(await sinceApprovedLines(cli, playbook)), ''];
        const text = [
          ...playbookLines(playbook),
          '',
          ...since,
          ...summaryLines(status, hash, `${who.by} (${who.source})`),
        ].join('\n');
        if (!cli.json) (options.print ? warn : say)(cli.io, text);
        assertKnown(status, named);
        const accept = options.yes || options.print ? assertAll(status, named) : await askEach(cli, status, named);
        return await give(cli, seen, goOf(who.by, hash, accept, options), options);
      }),
    );
};

function goOf(by: string, playbook: string, accept: string[], { reason, emergency }: ApproveOptions): Decided {
  return { by, decision: 'go', playbook, accept, reason, ...(emergency ? { emergency } : {}) };
}

function assertWaiting(status: RunStatus): void {
  if (status.phase === 'awaiting-approval') return;
  throw refusal(
    'NotWaiting',
    `Run ${status.run} does not wait for an approval; it is ${status.phase}.`,
    status.phase === 'assessing' ? 'wait until it has compiled its playbook.' : `muster watch ${status.service}.`,
  );
}

function summaryLines(status: RunStatus, hash: string, by: string): string[] {
  return [
    ...factLines(status),
    '',
    directionOf(status),
    ...approvalRules(status),
    `Playbook ${hash} (hashed here, and agrees)`,
    `Deciding: ${by}`,
  ];
}

function assertKnown(status: RunStatus, named: string[]): void {
  const unknown = named.filter((id) => !status.risks.some((risk) => risk.id === id));
  if (unknown.length === 0) return;
  const standing = status.risks.map((risk) => risk.id).join(', ') || 'none';
  throw refusal('RiskUnknown', `No such risk stands: ${unknown.join(', ')}.`, `the risks of this run: ${standing}.`);
}

function assertAll(status: RunStatus, named: string[]): string[] {
  const open = status.risks.filter((risk) => !named.includes(risk.id));
  if (open.length === 0) return named;
  throw refusal(
    'RisksOpen',
    `Not accepted by name: ${open.map((risk) => `${risk.id} (${risk.text})`).join('; ')}.`,
    `--accept ${status.risks.map((risk) => risk.id).join(',')}, if that is your decision.`,
  );
}

async function askEach(cli: Cli, status: RunStatus, named: string[]): Promise<string[]> {
  const instead = `--yes${status.risks.length > 0 ? ` --accept ${status.risks.map((risk) => risk.id).join(',')}` : ''}`;
  for (const risk of status.risks.filter((each) => !named.includes(each.id))) {
    const typed = await ask(cli.io, `Type ${risk.id} to accept that risk: `, instead);
    if (typed !== risk.id)
      throw refusal('RisksOpen', `${risk.id} was not accepted.`, 'nothing was sent; muster reject says no.');
  }
  const typed = await ask(cli.io, `Type ${status.to} to let ${directionOf(status)} begin: `, instead);
  if (typed !== status.to) throw refusal('NotConfirmed', `${status.to} was not typed.`, 'nothing was sent.');
  return status.risks.map((risk) => risk.id);
}

/** With no worker to ask, somebody who has read the playbook elsewhere can still leave the approval, as a Signal. */
async function approveUnseen(cli: Cli, seen: RunSeen, by: string, accept: string[], options: ApproveOptions) {
  if (!options.playbook || !options.yes) {
    throw refusal(
      'NoWorker',
      `No worker answered for ${seen.workflowId}, so facts, risks and playbook cannot be shown.`,
      'start a worker; or, if you have read them before: --yes --playbook <hash> --accept <risks>, which waits as a Signal.',
    );
  }
  if (!cli.json)
    warn(cli.io, 'The playbook could not be hashed here: the run takes this only if it shows the same hash.');
  return await give(cli, seen, goOf(by, options.playbook, accept, options), { ...options, signal: true });
}
