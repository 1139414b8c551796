/** `muster confirm`: say that a manual step was done. */
import { decide } from '../cli/decide.ts';
import { type AddVerb, examples, type RunVerbOptions, runFor, runVerb } from './verb.ts';

export const addConfirm: AddVerb = (program, run) => {
  runVerb(program, 'confirm', 'say that a manual step was done')
    .argument('<step>', 'id of the step, as muster status shows it')
    .option('--reason <text>', 'why')
    .addHelpText('after', examples('muster confirm spacetime tell-the-bank'))
    .action(
      run<RunVerbOptions>(async (cli, [service = '', step = ''], options) => {
        const { by } = cli.who(options.by);
        return await decide(
          cli,
          await runFor(cli, service, options),
          'confirm',
          { by, step, reason: options.reason },
          options,
        );
      }),
    );
};
