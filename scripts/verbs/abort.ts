/** `muster abort`: end a run and put back what may be put back. */
import { decide } from '../cli/decide.ts';
import { type AddVerb, examples, type RunVerbOptions, runFor, runVerb } from './verb.ts';

export const addAbort: AddVerb = (program, run) => {
  runVerb(program, 'abort', 'end a run and put back what may be put back')
    .option('--reason <text>', 'why')
    .addHelpText('after', examples('muster abort spacetime --reason "us-east-1 is back"'))
    .action(
      run<RunVerbOptions>(async (cli, [service = ''], options) => {
        const { by } = cli.who(options.by);
        return await decide(cli, await runFor(cli, service, options), 'abort', { by, reason: options.reason }, options);
      }),
    );
};
