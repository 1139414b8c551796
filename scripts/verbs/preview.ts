/** `muster preview`: what a procedure would do now. Reads the world and compiles; starts and changes nothing. */
import { formatDuration } from '../../domain/duration.ts';
import { refusal } from '../../domain/errors.ts';
import { expectedDuration } from '../../domain/estimate.ts';
import { type Procedure, procedures, traitsOf } from '../../domain/procedures.ts';
import { compileHere } from '../cli/compile-here.ts';
import { say, sayJson } from '../cli/io.ts';
import { againLines, sitesFor } from '../cli/start.ts';
import { exitCodes } from '../exit-codes.ts';
import { playbookLines } from '../views/playbook-lines.ts';
import { factLines } from '../views/run-lines.ts';
import { type AddVerb, examples, isProcedure } from './verb.ts';

interface PreviewOptions {
  readonly from?: string;
  readonly to?: string;
  readonly point?: string;
}

export const addPreview: AddVerb = (program, run) => {
  program
    .command('preview')
    .summary('what a procedure would do now, without starting it')
    .description('Reads facts, names risks, compiles the playbook and hashes it, from this machine. Changes nothing.')
    .argument('<service>', 'service, as its plan is named')
    .argument('<procedure>', procedures.join(', '))
    .option('--from <site>', 'as for failover')
    .option('--to <site>', 'as for failover')
    .option('--point <id>', 'recovery point (else the newest usable one)')
    .addHelpText('after', examples('muster preview spacetime failover', 'muster preview spacetime backup --json'))
    .action(
      run<PreviewOptions>(async (cli, [service = '', procedure = ''], options) => {
        if (!isProcedure(procedure)) {
          throw refusal('BadInput', `There is no procedure ${procedure}.`, `one of: ${procedures.join(', ')}.`);
        }
        const { plan } = await cli.plan(service);
        const direction = traitsOf(procedure).moves ? sitesFor(plan, options) : { from: options.from, to: options.to };
        const { assessment, compiled } = await compileHere(cli, plan, {
          procedure,
          service,
          point: options.point,
          ...direction,
        });
        const { playbook, rto } = compiled;
        if (cli.json) {
          sayJson(cli.io, { assessment, playbook, sha256: compiled.sha256, expected: expectedDuration(playbook), rto });
          return exitCodes.ok;
        }
        const promise = rto
          ? `RTO: expected ${formatDuration(rto.expected)}, at most ${formatDuration(rto.maximum)}`
          : '';
        say(
          cli.io,
          [
            ...playbookLines(playbook),
            '',
            ...factLines(assessment),
            '',
            ...(promise ? [promise] : []),
            `Playbook ${compiled.sha256} (a run has a hash of its own: its run id is part of it)`,
            '',
            'To start it',
            `  the command  ${commandFor(service, procedure, options)}`,
            ...againLines(cli, {
              procedure,
              service,
              ...direction,
              point: options.point,
              by: cli.who().by,
              reason: '',
            }),
          ].join('\n'),
        );
        return exitCodes.ok;
      }),
    );
};

/** The command with what was given to the preview. A recovery in place has one site, `--at`. */
function commandFor(service: string, procedure: Procedure, { from, to, point }: PreviewOptions): string {
  const { restores, moves, verb } = traitsOf(procedure);
  const sites = moves ? { from, to } : restores ? { at: to ?? from } : { from };
  const options = Object.entries({ ...sites, point: restores ? point : undefined })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` --${name} ${value}`);
  return `muster ${verb} ${service}${options.join('')} --reason WHY`;
}
