/** `muster audit close`: a run that was terminated wrote no end into its log; a person closes it, by name and with a reason. */
import type { Command } from 'commander';
import { closeLog } from '../../activities/audit/close-log.ts';
import { loadSigner } from '../../activities/points/signer.ts';
import { resolveSecret } from '../../activities/secrets/resolve.ts';
import { openStore } from '../../activities/storage/open-store.ts';
import { refusal } from '../../domain/errors.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import type { SecretRef } from '../../domain/plan/values.ts';
import { seeEnds } from '../cli/audit-ends.ts';
import { readLog } from '../cli/audit-log.ts';
import type { Cli, Runner } from '../cli/cli.ts';
import { say, sayJson } from '../cli/io.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { examples } from './verb.ts';

interface CloseOptions {
  readonly reason: string;
  readonly by?: string;
}

export function addAuditClose(audit: Command, run: Runner): void {
  audit
    .command('close')
    .summary('end the log of a run that was terminated')
    .description(
      'Adds who closed it and why, and an end, signed with the key of the plan. Refused while Temporal says that the run goes on, or does not answer. Nothing that is there is touched.',
    )
    .argument('<service>', 'service, as its plan is named')
    .argument('<run>', 'id of the run, as muster audit verify names it')
    .requiredOption('--reason <text>', 'why it has no end; stands in the log')
    .option('--by <name>', 'whose word it is (else MUSTER_BY, git, the system user)')
    .addHelpText(
      'after',
      examples('muster audit close spacetime failover-20260102-031500-ab12 --reason "terminated in the UI by mistake"'),
    )
    .action(run<CloseOptions>((cli, [service = '', closed = ''], options) => close(cli, service, closed, options)));
}

async function close(cli: Cli, service: string, run: string, options: CloseOptions): Promise<ExitCode> {
  const { plan } = await cli.plan(service);
  const says = await whyOver(cli, service, run);
  // Read after Temporal was asked: what ended before that has written all that it ever will.
  const { places, away } = await readLog(cli, service, run);
  refuseHalf(service, run, away);
  const { by } = cli.who(options.by);
  const done = await closeLog(
    { service, run, by, reason: options.reason, says, now: new Date() },
    places,
    await depsOf(cli, plan),
  );
  if (cli.json) sayJson(cli.io, { service, run, closed: done !== undefined, ...done });
  else if (done)
    say(cli.io, `The log of ${run} ends with entry ${done.entries} now, at ${done.written.join(' and ')}.`);
  else say(cli.io, `The log of ${run} has its end already.`);
  return exitCodes.ok;
}

/** Entries that lie only where nobody answers would be there beside others of the same number. @throws NothingReachable */
function refuseHalf(service: string, run: string, away: readonly { location: string; why: string }[]): void {
  if (away.length === 0) return;
  throw refusal(
    'NothingReachable',
    `Not every location could be read, so nobody knows which entry of ${run} is the last: ${away.map(({ location, why }) => `${location}: ${why}`).join('; ')}`,
    `wait until all answer, then muster audit close ${service} ${run}.`,
  );
}

/** @throws RunGoesOn; NoServer where nobody can say */
async function whyOver(cli: Cli, service: string, run: string): Promise<string> {
  const { over, unasked } = await seeEnds(cli, service, [run]);
  const says = over.get(run);
  if (says !== undefined) return says;
  if (unasked === undefined)
    throw refusal('RunGoesOn', `Run ${run} goes on, and ends its log itself.`, `muster watch ${service}.`);
  throw refusal(
    'NoServer',
    `Nobody can be asked whether run ${run} goes on: ${unasked}`,
    'start the Temporal server, then close the log.',
  );
}

async function depsOf(cli: Cli, plan: Plan) {
  const secret = (ref: SecretRef) => resolveSecret(ref, cli.planFolder);
  const store = (location: string) => openStore(plan, location, secret);
  return { plan, signer: await loadSigner(plan, secret), store };
}
