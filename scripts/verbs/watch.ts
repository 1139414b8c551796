/** `muster watch`: follow a run live until it ends. */
import { exitCodes } from '../exit-codes.ts';
import { watchRun } from '../views/watch-run.ts';
import { type AddVerb, examples, runToSee, whichRun } from './verb.ts';

export const addWatch: AddVerb = (program, run) => {
  const command = program
    .command('watch')
    .summary('follow a run live until it ends')
    .description(
      'Stages, steps, progress, time left and the RTO bar. Plain lines where there is no terminal. Ctrl-C leaves the run alone.',
    )
    .argument('<service>', 'service, as its plan is named');
  whichRun(command)
    .option('--until-needed', `stop with exit ${exitCodes.needsPerson} as soon as a person is needed`)
    .addHelpText(
      'after',
      examples(
        'muster watch spacetime',
        'muster watch spacetime --until-needed && echo done',
        'muster watch spacetime --json | jq .phase',
      ),
    )
    .action(
      run<{ backup?: boolean; procedure?: string; untilNeeded?: boolean }>(async (cli, [service = ''], options) => {
        const seen = await runToSee(cli, service, options);
        return await watchRun(cli, seen.workflowId, seen.execution, { untilNeeded: options.untilNeeded });
      }),
    );
};
