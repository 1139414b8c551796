/** `muster readiness`: could the standby take over now? Reads and changes nothing. */
import { Refusal, refusal } from '../../domain/errors.ts';
import type { Plan } from '../../domain/plan.ts';
import { type Lacking, type Readiness, readinessOf } from '../../domain/readiness.ts';
import type { Cli } from '../cli/cli.ts';
import { compileHere } from '../cli/compile-here.ts';
import { say, sayJson } from '../cli/io.ts';
import { sitesFor } from '../cli/start.ts';
import { checkSteps, isFinding } from '../cli/step-checks.ts';
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
      'Assesses and compiles a failover, asks each of its steps what it would find, and says what is missing at the standby: hosts, tools, room, rights, secrets, recovery points, warm copies, replicas, machine images. Changes nothing; exits 10 when something is missing.',
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
        const { plan } = await cli.plan(service);
        const sites = sitesFor(plan, options);
        const seen = await lookAtStandby(cli, plan, { service, ...sites });
        const { from, to, ready, lacking, point } = seen;
        if (cli.json) sayJson(cli.io, { service, from, to, ready, lacking, point });
        else {
          const lines = lacking.map(({ level, id, what }) => `  ${level.padEnd(7)} ${id}: ${what}`);
          const head = `${to} ${ready ? 'could take over' : 'is not ready to take over'} ${service} from ${from}`;
          say(cli.io, [`${head}${point ? `, with ${point}` : ''}`, ...lines].join('\n'));
        }
        return ready ? exitCodes.ok : exitCodes.notReady;
      }),
    );
};

interface Standby {
  readonly service: string;
  readonly from: string;
  readonly to: string;
}

/** @throws ServesThere, and what is wrong with the question itself */
async function lookAtStandby(cli: Cli, plan: Plan, asked: Standby): Promise<Standby & Readiness & { point?: string }> {
  const compiling = compileHere(cli, plan, { procedure: 'failover', ...asked });
  const made = await compiling.catch((error: unknown) => ({ lack: lackOf(error) }));
  // What keeps a failover from being compiled keeps the standby from taking over: nothing further can be asked.
  if ('lack' in made) return { ...asked, ready: false, lacking: [made.lack] };
  const { assessment, compiled } = made;
  const { from, to, serving = [], point } = assessment;
  const { service } = asked;
  if (serving.includes(to)) {
    throw refusal(
      'ServesThere',
      `The names of ${service} lead to ${to}: it serves, and is no standby.`,
      `muster readiness ${service} --from ${to} --to ${from}.`,
    );
  }
  const checks = await checkSteps(cli, plan, compiled.playbook);
  return {
    service,
    from,
    to,
    ...readinessOf(assessment, compiled.playbook, checks),
    ...(point ? { point: point.id } : {}),
  };
}

/** @throws the error itself where it is the question or the plan that is wrong */
function lackOf(error: unknown): Lacking {
  const type = error instanceof Refusal ? error.type : 'not-assessed';
  if (/^(BadInput|SiteUnknown|ServesThere|NoPlans?|Plan[A-Z]\w*|StepTwice)$/.test(type)) throw error;
  const what = error instanceof Error ? error.message : String(error);
  return { level: isFinding(error) ? 'missing' : 'unknown', id: type, what };
}
