/** `muster resume`: go on after a pause. */
import { decide } from '../cli/decide.ts';
import { type AddVerb, examples, type RunVerbOptions, runFor, runVerb } from './verb.ts';

export const addResume: AddVerb = (program, run) => {
  runVerb(program, 'resume', 'go on after a pause')
    .option('--reason <text>', 'why')
    .addHelpText('after', examples('muster resume spacetime'))
    .action(
      run<RunVerbOptions>(async (cli, [service = ''], options) => {
        const { by } = cli.who(options.by);
        return await decide(
          cli,
          await runFor(cli, service, options),
          'resume',
          { by, reason: options.reason },
          options,
        );
      }),
    );
};
