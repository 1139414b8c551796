/** `muster backup`: write a recovery point now. */
import { start } from '../cli/start.ts';
import { type AddVerb, examples } from './verb.ts';

interface BackupOptions {
  readonly label?: string;
  readonly from?: string;
  readonly reason?: string;
  readonly by?: string;
  readonly watch?: boolean;
}

export const addBackup: AddVerb = (program, run) => {
  program
    .command('backup')
    .summary('write a recovery point now')
    .description('Starts a backup of every component, from the hosts straight into the storage locations.')
    .argument('<service>', 'service, as its plan is named')
    .option('--label <name>', 'label of the point, for retention', 'manual')
    .option('--from <site>', 'the site to read (else where the name leads)')
    .option('--reason <text>', 'why')
    .option('--by <name>', 'who asks for it (else MUSTER_BY, git, the system user)')
    .option('--watch', 'stay and watch it')
    .addHelpText(
      'after',
      examples('muster backup spacetime --watch', 'muster backup spacetime --label pre-deploy --json'),
    )
    .action(
      run<BackupOptions>(async (cli, [service = ''], options) => {
        await cli.plan(service);
        const { by } = cli.who(options.by);
        const { label, from, reason } = options;
        return await start(cli, { procedure: 'backup', service, from, label, reason, by }, options);
      }),
    );
};
