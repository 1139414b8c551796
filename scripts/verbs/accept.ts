/** `muster accept`: accept a risk by name while a run waits at a gate. */
import { decide } from '../cli/decide.ts';
import { type AddVerb, examples, type RunVerbOptions, runFor, runVerb } from './verb.ts';

export const addAccept: AddVerb = (program, run) => {
  runVerb(program, 'accept', 'accept a risk by name while a run waits at a gate')
    .argument('<risk>', 'id of the risk')
    .option('--reason <text>', 'why')
    .addHelpText(
      'after',
      examples('muster accept spacetime old-primary-not-fenced --reason "its power is off, I was told by phone"'),
    )
    .action(
      run<RunVerbOptions>(async (cli, [service = '', risk = ''], options) => {
        const { by } = cli.who(options.by);
        return await decide(
          cli,
          await runFor(cli, service, options),
          'acceptRisk',
          { by, risk, reason: options.reason },
          options,
        );
      }),
    );
};
