/** `muster readiness`: could the standby take over now? Changes nothing of the service. */
import type { ReadinessResult } from '../../domain/readiness/result.ts';
import type { Cli } from '../cli/cli.ts';
import { say, sayJson } from '../cli/io.ts';
import { sitesFor } from '../cli/start.ts';
import { temporalPlace } from '../cli/temporal.ts';
import { exitCodes } from '../exit-codes.ts';
import { type AddVerb, examples } from './verb.ts';

interface ReadinessOptions {
  readonly from?: string;
  readonly to?: string;
}

export const addReadiness: AddVerb = (program, run) => {
  program
    .command('readiness')
    .summary('whether the standby could take over now')
    .description(
      "Assesses and compiles a failover, asks each of its steps what it would find, opens the newest recovery point's key with the standby's, and says what is missing: hosts, tools, room, rights, secrets, recovery points, warm copies, replicas, machine images. With a `readiness` block in the plan much more is asked (docs/readiness.md). A score, and what to mend first with its command. Changes nothing of the service; exits 10 when something is missing.",
    )
    .argument('<service>', 'service, as its plan is named')
    .option('--from <site>', 'the site that would be lost (else the primary of the plan)')
    .option('--to <site>', 'the standby that is asked (else the one of the plan)')
    .addHelpText(
      'after',
      examples('muster readiness spacetime', 'muster readiness spacetime --from us-west-2 --to us-east-1 --json'),
    )
    .action(
      run<ReadinessOptions>(async (cli, [service = ''], options) => {
        const seen = await look(cli, service, options);
        if (cli.json) sayJson(cli.io, seen);
        else say(cli.io, readinessLines(seen).join('\n'));
        return seen.ready ? exitCodes.ok : exitCodes.notReady;
      }),
    );
};

/** @throws ServesThere, and what is wrong with the question itself */
async function look(cli: Cli, service: string, options: ReadinessOptions): Promise<ReadinessResult> {
  const { plan, sha256, positionOf } = await cli.plan(service);
  const sites = sitesFor(plan, options);
  // Loaded here only: steps and clients would slow down every other verb.
  const [{ lookAtReadiness }, { AwsClients }] = await Promise.all([
    import('../../activities/readiness/look.ts'),
    import('../../activities/clients/aws.ts'),
  ]);
  const deps = { plan, sha256, positionOf, planFolder: cli.planFolder, aws: new AwsClients() };
  if (!plan.readiness) return await lookAtReadiness(sites, deps);
  const temporal = await cli.temporal().catch(() => undefined);
  if (!temporal) return await lookAtReadiness(sites, { ...deps, temporalPlace: temporalPlace(cli.io.env) });
  const { client, address } = temporal;
  const place = { ...temporalPlace(cli.io.env), address };
  return await lookAtReadiness(sites, { ...deps, temporal: client, temporalPlace: place });
}

function readinessLines({ service, from, to, ready, point, lacking, score, first }: ReadinessResult): string[] {
  const head = `${to} ${ready ? 'could take over' : 'is not ready to take over'} ${service} from ${from}`;
  return [
    `${head}${point ? `, with ${point}` : ''}`,
    ...lacking.map(({ level, id, what }) => `  ${level.padEnd(7)} ${id}: ${what}`),
    `  score   ${score} of 100`,
    ...(first?.mend ? [`  first   ${first.id}: ${first.mend}`] : []),
  ];
}
