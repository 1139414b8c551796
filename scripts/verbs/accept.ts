/** `muster accept`: accept a risk by name while a run waits at a gate. */
import { type GiveOptions, give, givingVerb } from '../cli/approval.ts';
import { type AddVerb, examples, type RunVerbOptions, runFor, runVerb } from './verb.ts';

export const addAccept: AddVerb = (program, run) => {
  givingVerb(runVerb(program, 'accept', 'accept a risk by name while a run waits at a gate'))
    .argument('<risk>', 'id of the risk')
    .option('--reason <text>', 'why')
    .addHelpText(
      'after',
      examples('muster accept spacetime old-primary-not-fenced --reason "its power is off, I was told by phone"'),
    )
    .action(
      run<RunVerbOptions & GiveOptions>(async (cli, [service = '', risk = ''], options) => {
        const { by } = cli.who(options.by);
        const seen = await runFor(cli, service, options);
        return await give(cli, seen, { by, risk, reason: options.reason }, options, 'acceptRisk');
      }),
    );
};
