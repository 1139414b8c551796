/**
 * `muster takeover`: takes the lease away from a run that cannot give it back: terminated, or a script that ended. What that run
 * still tries finds another generation and changes nothing; the next run may begin.
 */
import { holdersIn, type LeaseAt, leaseLocations, leasesInForce } from '../../activities/lease/holders.ts';
import { takeLeaseAway } from '../../activities/lease/take.ts';
import { resolveSecret } from '../../activities/secrets/resolve.ts';
import { openStore } from '../../activities/storage/open-store.ts';
import type { ObjectStore } from '../../activities/storage/store.ts';
import { refusal } from '../../domain/errors.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import { workflowIdOf } from '../../domain/playbook/procedures.ts';
import { describeHolder, type Lease } from '../../domain/run/lease.ts';
import type { Cli } from '../cli/cli.ts';
import { ask, say, sayJson } from '../cli/io.ts';
import { seeRun } from '../cli/runs.ts';
import { exitCodes } from '../exit-codes.ts';
import { type AddVerb, examples } from './verb.ts';

interface TakeoverOptions {
  readonly reason: string;
  readonly by?: string;
  readonly yes?: boolean;
  readonly withoutTemporal?: boolean;
}

export const addTakeover: AddVerb = (program, run) => {
  program
    .command('takeover')
    .summary('after a Terminate: take the lease from a run that is gone')
    .description(
      'Takes the lease of a service away from a run that was terminated, or from a break-glass script that ended. Attempts of that run ' +
        'that still go on change nothing from then on. It brings nothing back and puts nothing back: start a run for that.',
    )
    .argument('<service>', 'service, as its plan is named')
    .requiredOption('--reason <text>', 'why; stands in the lease')
    .option('--by <name>', 'whose decision it is (else MUSTER_BY, git, the system user)')
    .option('--yes', 'do not ask')
    .option('--without-temporal', 'although nobody can be asked whether that run still goes on')
    .addHelpText('after', examples('muster takeover spacetime --reason "terminated in the UI by mistake"'))
    .action(
      run<TakeoverOptions>(async (cli, [service = ''], options) => {
        const { plan } = await cli.plan(service);
        const store = (location: string) => openStore(plan, location, (ref) => resolveSecret(ref, cli.planFolder));
        const seen = await leasesInForce(plan, store);
        const unreachable = seen.filter(isUnreachable);
        if (unreachable.length === leaseLocations(plan).length) throw nothingReachable(plan, unreachable);
        const holders = holdersIn(seen);
        if (!options.withoutTemporal) await refuseRunning(cli, service, holders);
        const { by } = cli.who(options.by);
        if (holders.length > 0 && !options.yes) await confirm(cli, service, holders);
        const taken = await takeAll(seen, store, { service, by, reason: options.reason });
        if (cli.json) sayJson(cli.io, { service, by, taken, unreachable });
        else say(cli.io, lines(service, taken, unreachable).join('\n'));
        return exitCodes.ok;
      }),
    );
};

/** What lies there and is no lease is written over, too: a person says so. */
function isUnreachable({ unreachable, nonsense }: LeaseAt): boolean {
  return unreachable !== undefined && !nonsense;
}

interface Taken {
  readonly location: string;
  /** The run that held it. */
  readonly from: string;
}

async function takeAll(
  seen: readonly LeaseAt[],
  store: (location: string) => Promise<ObjectStore>,
  words: { service: string; by: string; reason: string },
): Promise<Taken[]> {
  const taken: Taken[] = [];
  for (const each of seen) {
    if (isUnreachable(each)) continue;
    const { location } = each;
    // One whose time is up counts too: its run may still be at work.
    const from = await takeLeaseAway(await store(location), words);
    if (from) taken.push({ location, from });
  }
  return taken;
}

/** @throws RunGoesOn, NoServer */
async function refuseRunning(cli: Cli, service: string, holders: readonly Lease[]): Promise<void> {
  const run = await seeRun(await cli.temporal(), workflowIdOf(service, 'failover'));
  if (run?.state !== 'RUNNING') return;
  if (holders.length > 0 && !holders.some((lease) => lease.run === run.run)) return;
  throw refusal(
    'RunGoesOn',
    `Run ${run.run} (${run.procedure}, ${run.phase}) of ${service} still goes on.`,
    `muster abort ${service}, which puts back what may be put back; terminate it only when it cannot be aborted, then take over.`,
  );
}

async function confirm(cli: Cli, service: string, holders: readonly Lease[]): Promise<void> {
  say(cli.io, `Held by ${holders.map(describeHolder).join(' and by ')}.`);
  const typed = await ask(cli.io, `Type ${service} to take its lease away: `, '--yes');
  if (typed !== service) throw refusal('NotConfirmed', `${service} was not typed.`, 'nothing was changed.');
}

function lines(service: string, taken: readonly Taken[], unreachable: readonly LeaseAt[]): string[] {
  const found =
    taken.length > 0
      ? taken.map(({ location, from }) => `Taken at ${location} from ${from}.`)
      : [`Nobody holds the lease of ${service}${unreachable.length > 0 ? ' where it could be read' : ''}.`];
  return [
    ...found,
    ...unreachable.map((each) => `NOT taken at ${each.location}: ${each.unreachable}`),
    ...(taken.length > 0
      ? [
          `What that run changed stands as it is: muster preview ${service} PROCEDURE shows it.`,
          `Its audit log has no end: muster audit close ${service} RUN --reason WHY.`,
        ]
      : []),
  ];
}

function nothingReachable(plan: Plan, unreachable: readonly LeaseAt[]) {
  return refusal(
    'NothingReachable',
    `No lease of ${plan.service} can be read: ${unreachable.map(({ location, unreachable: why }) => `${location}: ${why?.replace(/\.$/, '')}`).join('; ')}.`,
    'check the network and the credentials of the locations.',
  );
}
