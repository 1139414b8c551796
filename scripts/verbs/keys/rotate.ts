/** `muster keys rotate`: seal every recovery point to the recipients that the plan has now. */
import { start } from '../../cli/start.ts';
import { type AddVerb, examples } from '../verb.ts';

interface RotateOptions {
  readonly dropOld?: boolean;
  readonly from?: string;
  readonly reason?: string;
  readonly by?: string;
  readonly watch?: boolean;
}

export const addKeysRotate: AddVerb = (keys, run) => {
  keys
    .command('rotate')
    .summary('seal every recovery point to the recipients that the plan has now')
    .description(
      'After a certificate was changed, added or removed in the plan (docs/keys.md): re-seals the small key objects at every location; no data is read or written. Watches the run; safe to run again.',
    )
    .argument('<service>', 'service, as its plan is named')
    .option('--drop-old', 'then delete the sealed keys that a former recipient can open')
    .option('--from <site>', 'the site whose worker and keys do it (else where the name leads)')
    .option('--reason <text>', 'why')
    .option('--by <name>', 'who asks for it (else MUSTER_BY, git, the system user)')
    .option('--no-watch', 'start it and return')
    .addHelpText(
      'after',
      examples(
        'muster keys rotate spacetime --reason "90 days"',
        'muster keys rotate spacetime --drop-old --reason "east was stolen"',
      ),
    )
    .action(
      run<RotateOptions>(async (cli, [service = ''], options) => {
        await cli.plan(service);
        const { by } = cli.who(options.by);
        const { from, reason, dropOld } = options;
        const rotate = dropOld ? { dropOld } : undefined;
        return await start(cli, { procedure: 'rotate-keys', service, from, reason, by, rotate }, options);
      }),
    );
};
