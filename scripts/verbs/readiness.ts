/** `muster readiness`: could the standby take over now? Reads and changes nothing. */
import { refusal } from '../../domain/errors.ts';
import { readinessOf } from '../../domain/readiness.ts';
import { compileHere } from '../cli/compile-here.ts';
import { say, sayJson } from '../cli/io.ts';
import { sitesFor } from '../cli/start.ts';
import { checkSteps } from '../cli/step-checks.ts';
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
        const { assessment, compiled } = await compileHere(cli, plan, { procedure: 'failover', service, ...sites });
        const { from, to, serving = [] } = assessment;
        if (serving.includes(to)) {
          throw refusal(
            'ServesThere',
            `The names of ${service} lead to ${to}: it serves, and is no standby.`,
            `muster readiness ${service} --from ${to} --to ${from}.`,
          );
        }
        const checks = await checkSteps(cli, plan, compiled.playbook);
        const { ready, lacking } = readinessOf(assessment, compiled.playbook, checks);
        if (cli.json) sayJson(cli.io, { service, from, to, ready, lacking, point: assessment.point?.id });
        else {
          const lines = lacking.map(({ level, id, what }) => `  ${level.padEnd(7)} ${id}: ${what}`);
          const head = `${to} ${ready ? 'could take over' : 'is not ready to take over'} ${service} from ${from}`;
          say(cli.io, [`${head}${assessment.point ? `, with ${assessment.point.id}` : ''}`, ...lines].join('\n'));
        }
        return ready ? exitCodes.ok : exitCodes.notReady;
      }),
    );
};
