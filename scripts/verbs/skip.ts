/** `muster skip`: go on without a step. */
import { decide } from '../cli/decide.ts';
import { type AddVerb, examples, type RunVerbOptions, runFor, runVerb } from './verb.ts';

export const addSkip: AddVerb = (program, run) => {
  runVerb(program, 'skip', 'go on without a step')
    .argument('<step>', 'id of the step, as muster status shows it')
    .requiredOption('--reason <text>', 'why; goes into the report')
    .addHelpText('after', examples('muster skip spacetime update-monitoring --reason "Grafana is down too"'))
    .action(
      run<RunVerbOptions>(async (cli, [service = '', step = ''], options) => {
        const { by } = cli.who(options.by);
        return await decide(
          cli,
          await runFor(cli, service, options),
          'skip',
          { by, step, reason: options.reason },
          options,
        );
      }),
    );
};
