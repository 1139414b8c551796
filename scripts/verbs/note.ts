/** `muster note`: write into the timeline of a run. */
import { decide } from '../cli/decide.ts';
import { type AddVerb, examples, type RunVerbOptions, runFor, runVerb } from './verb.ts';

export const addNote: AddVerb = (program, run) => {
  runVerb(program, 'note', 'write into the timeline of a run')
    .argument('<text...>', 'what to note')
    .addHelpText('after', examples('muster note spacetime "AWS confirms the outage"'))
    .action(
      run<RunVerbOptions>(async (cli, [service = '', ...text], options) => {
        const { by } = cli.who(options.by);
        return await decide(cli, await runFor(cli, service, options), 'note', { by, text: text.join(' ') }, options);
      }),
    );
};
