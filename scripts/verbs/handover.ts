/** `muster handover`: another shift looks after a run. Prints what the next one has to know. */
import { decide } from '../cli/decide.ts';
import { say } from '../cli/io.ts';
import { seeRun } from '../cli/runs.ts';
import { runLines } from '../views/run-lines.ts';
import { type AddVerb, examples, type RunVerbOptions, runFor, runVerb } from './verb.ts';

interface HandoverOptions extends RunVerbOptions {
  readonly to: string;
}

export const addHandover: AddVerb = (program, run) => {
  runVerb(program, 'handover', 'hand a run over to the next shift, with a note')
    .argument('<text...>', 'what the next one has to know')
    .requiredOption('--to <name>', 'who looks after it from now on')
    .addHelpText('after', examples('muster handover spacetime --to robin "the network team calls back at 04:00"'))
    .action(
      run<HandoverOptions>(async (cli, [service = '', ...text], options) => {
        const { by } = cli.who(options.by);
        const seen = await runFor(cli, service, options);
        const code = await decide(cli, seen, 'handover', { by, to: options.to, text: text.join(' ') }, options);
        const now = cli.json ? undefined : await seeRun(await cli.temporal(), seen.workflowId);
        if (now?.status)
          say(cli.io, runLines(now.status, { now: new Date().toISOString(), progress: new Map() }).join('\n'));
        return code;
      }),
    );
};
