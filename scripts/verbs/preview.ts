/** `muster preview`: what a procedure would do now. Reads the world and compiles; starts and changes nothing. */
import { refusal } from '../../domain/errors.ts';
import { type Procedure, procedures, rejoins, traitsOf } from '../../domain/playbook/procedures.ts';
import { previewRun } from '../cli/preview-run.ts';
import { procedureOf, type RestoreWords, restoreAsked, restoreWords } from '../cli/restore-words.ts';
import { sitesFor } from '../cli/start.ts';
import { type AddVerb, examples, isProcedure } from './verb.ts';

interface PreviewOptions extends RestoreWords {
  readonly from?: string;
  readonly to?: string;
}

export const addPreview: AddVerb = (program, run) => {
  const command = program
    .command('preview')
    .summary('what a procedure would do now, without starting it')
    .description('Reads facts, names risks, compiles the playbook and hashes it, from this machine. Changes nothing.')
    .argument('<service>', 'service, as its plan is named')
    .argument('<procedure>', procedures.join(', '));
  restoreWords(command)
    .option('--from <site>', 'as for failover')
    .option('--to <site>', 'as for failover')
    .addHelpText(
      'after',
      examples(
        'muster preview spacetime failover',
        'muster preview spacetime restore --path /opt/spacetime/production/.env',
        'muster preview spacetime backup --json',
      ),
    )
    .action(
      run<PreviewOptions>(async (cli, [service = '', procedure = ''], options) => {
        if (!isProcedure(procedure)) {
          throw refusal('BadInput', `There is no procedure ${procedure}.`, `one of: ${procedures.join(', ')}.`);
        }
        const { plan } = await cli.plan(service);
        const direction =
          traitsOf(procedure).moves && !traitsOf(procedure).planned && !rejoins(procedure)
            ? sitesFor(plan, options)
            : { from: options.from, to: options.to };
        const { point, request } = restoreAsked(options);
        const asked = procedure === 'restore' ? procedureOf(request) : procedure;
        const wanted = {
          procedure: asked,
          service,
          point,
          by: cli.who().by,
          reason: '',
          ...direction,
          ...(request ? { restore: request } : {}),
        };
        const command = request ? `muster restore with the same words` : commandFor(service, asked, options);
        return await previewRun(cli, plan, wanted, command);
      }),
    );
};

/** The command with what was given to the preview. A recovery in place has one site, `--at`. */
function commandFor(service: string, procedure: Procedure, { from, to, point }: PreviewOptions): string {
  const { restores, moves, atStandby, verb } = traitsOf(procedure);
  const sites = moves && !atStandby ? { from, to } : restores || atStandby ? { at: to ?? from } : { from };
  const options = Object.entries({ ...sites, point: restores ? point : undefined })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` --${name} ${value}`);
  return `muster ${verb} ${service}${options.join('')} --reason WHY`;
}
