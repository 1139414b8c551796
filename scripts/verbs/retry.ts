/** `muster retry`: run a failed step again. */
import { decide } from '../cli/decide.ts';
import { type AddVerb, examples, type RunVerbOptions, runFor, runVerb } from './verb.ts';

export const addRetry: AddVerb = (program, run) => {
  runVerb(program, 'retry', 'run a failed step again')
    .argument('<step>', 'id of the step, as muster status shows it')
    .option('--reason <text>', 'why')
    .addHelpText('after', examples('muster retry spacetime start-instance-app'))
    .action(
      run<RunVerbOptions>(async (cli, [service = '', step = ''], options) => {
        const { by } = cli.who(options.by);
        return await decide(
          cli,
          await runFor(cli, service, options),
          'retry',
          { by, step, reason: options.reason },
          options,
        );
      }),
    );
};
