/** `muster confirm`: say that a manual step was done. */
import { decide } from '../cli/decide.ts';
import { type AddVerb, examples, type RunVerbOptions, runFor, runVerb } from './verb.ts';

export const addConfirm: AddVerb = (program, run) => {
  runVerb(program, 'confirm', 'say that a manual step was done')
    .argument('<step>', 'id of the step, as muster status shows it')
    .option('--answer <text>', 'where the step asks: yes, no (with words after it), or words')
    .option('--reason <text>', 'why')
    .addHelpText(
      'after',
      examples(
        'muster confirm spacetime tell-the-bank',
        'muster confirm spacetime during-all-endpoints-functional --procedure drill --answer "no: /login answers 500"',
        'muster confirm spacetime sign-off-dr-coordinator --procedure drill --answer yes --by dana@company.com',
      ),
    )
    .action(
      run<RunVerbOptions & { readonly answer?: string }>(async (cli, [service = '', step = ''], options) => {
        const { by } = cli.who(options.by);
        return await decide(
          cli,
          await runFor(cli, service, options),
          'confirm',
          { by, step, reason: options.reason, answer: options.answer },
          options,
        );
      }),
    );
};
