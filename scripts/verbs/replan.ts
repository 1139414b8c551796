/** `muster replan`: change what a run does while it goes on. It asks for a new approval; what is done is not done again. */
import { decide } from '../cli/decide.ts';
import { type AddVerb, examples, type RunVerbOptions, runFor, runVerb } from './verb.ts';

interface ReplanOptions extends RunVerbOptions {
  readonly reason: string;
  readonly point?: string;
  readonly putBack?: boolean;
  readonly ungraceful?: boolean;
}

export const addReplan: AddVerb = (program, run) => {
  runVerb(program, 'replan', 'change the plan of a run that goes on; it is approved anew')
    .description(
      'Reads the plan file and the world again and compiles what is left: after a value in the plan was mended, with another recovery ' +
        'point, or, for a planned move whose source is gone, as a failover. The run keeps its id, its clock and what it has done.',
    )
    .requiredOption('--reason <text>', 'why; goes into the report')
    .option('--point <id>', 'another recovery point; what was restored is put back first')
    .option('--put-back', 'first put back what this run changed')
    .option('--ungraceful', 'a switchover or failback goes on as a failover: its source is not asked any more')
    .addHelpText(
      'after',
      examples(
        'muster replan spacetime --reason "the zone id in the plan was wrong"',
        'muster replan spacetime --point 20260102_021500 --reason "the newest does not start"',
        'muster replan spacetime --ungraceful --reason "us-east-1 died in the middle"',
      ),
    )
    .action(
      run<ReplanOptions>(async (cli, [service = ''], options) => {
        const seen = await runFor(cli, service, options);
        const { by } = cli.who(options.by);
        const { reason, point, putBack, ungraceful } = options;
        return await decide(cli, seen, 'replan', { by, reason, point, putBack, ungraceful }, options);
      }),
    );
};
