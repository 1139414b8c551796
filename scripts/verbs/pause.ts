/** `muster pause`: hold a run before its next step. */
import { decide } from '../cli/decide.ts';
import { type AddVerb, examples, type RunVerbOptions, runFor, runVerb } from './verb.ts';

export const addPause: AddVerb = (program, run) => {
  runVerb(program, 'pause', 'hold a run before its next step')
    .option('--reason <text>', 'why')
    .addHelpText('after', examples('muster pause spacetime --reason "waiting for the network team"'))
    .action(
      run<RunVerbOptions>(async (cli, [service = ''], options) => {
        const { by } = cli.who(options.by);
        return await decide(cli, await runFor(cli, service, options), 'pause', { by, reason: options.reason }, options);
      }),
    );
};
