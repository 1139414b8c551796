/** `muster hold`: hold a run before its next stage; the steps of the present one go on. */
import { decide } from '../cli/decide.ts';
import { type AddVerb, examples, type RunVerbOptions, runFor, runVerb } from './verb.ts';

export const addHold: AddVerb = (program, run) => {
  runVerb(program, 'hold', 'hold a run before its next stage; what runs goes on')
    .option('--reason <text>', 'why')
    .addHelpText('after', examples('muster hold spacetime --reason "waiting for the network team"'))
    .action(
      run<RunVerbOptions>(async (cli, [service = ''], options) => {
        const { by } = cli.who(options.by);
        return await decide(cli, await runFor(cli, service, options), 'hold', { by, reason: options.reason }, options);
      }),
    );
};
