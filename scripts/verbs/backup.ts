/** `muster backup`: write a recovery point now. */
import { backupAsked } from '../../domain/run/backup-request.ts';
import { start } from '../cli/start.ts';
import { startFirst } from '../cli/start-first.ts';
import { tryBackup } from '../cli/try-backup.ts';
import { type AddVerb, examples } from './verb.ts';

interface BackupOptions {
  readonly label?: string;
  readonly kind?: string;
  readonly components?: string;
  readonly configOnly?: boolean;
  readonly databaseOnly?: boolean;
  readonly beforeDeployment?: string | boolean;
  readonly afterDeployment?: string | boolean;
  readonly commit?: string;
  readonly afterIncident?: boolean;
  readonly archive?: string;
  readonly force?: boolean;
  readonly priority?: boolean;
  readonly dryRun?: boolean;
  readonly from?: string;
  readonly reason?: string;
  readonly by?: string;
  readonly watch?: boolean;
}

export const addBackup: AddVerb = (program, run) => {
  program
    .command('backup')
    .summary('write a recovery point now')
    .description(
      'Starts a backup, from the hosts straight into the storage locations. Of every component, if none is named.',
    )
    .argument('<service>', 'service, as its plan is named')
    .option('--kind <kind>', 'full, or incremental: only what has changed since the point before (else full)')
    .option('--components <names>', 'only these, separated by commas')
    .option('--config-only', 'only the components of files that are named config, configuration or config-...')
    .option('--database-only', 'only the components that are no files')
    .option('--before-deployment [version]', 'label pre-deploy; what is about to be deployed')
    .option('--after-deployment [version]', 'label post-deploy; what was deployed')
    .option('--commit <hash>', 'with either of these: the commit')
    .option('--after-incident', 'label after-incident')
    .option('--archive <rhythm>', 'weekly or monthly: a full point with that label, which retention keeps for long')
    .option('--label <name>', 'any other label, for retention (else manual)')
    .option('--force', 'a full point whatever is there already: it refers to nothing of an earlier one')
    .option('--priority', 'before everything else; while another backup runs, first in line for its turn')
    .option('--dry-run', 'check hosts, credentials and storage, show the playbook; start nothing')
    .option('--from <site>', 'the site to read (else where the name leads)')
    .option('--reason <text>', 'why')
    .option('--by <name>', 'who asks for it (else MUSTER_BY, git, the system user)')
    .option('--watch', 'stay and watch it')
    .addHelpText(
      'after',
      examples(
        'muster backup spacetime --watch',
        'muster backup spacetime --before-deployment 1.9.0 --commit 9fceb02 --watch',
        'muster backup spacetime --config-only --dry-run',
        'muster backup spacetime --archive monthly --json',
      ),
    )
    .action(
      run<BackupOptions>(async (cli, [service = ''], options) => {
        const { plan } = await cli.plan(service);
        const asked = backupAsked({ ...options, components: options.components?.split(',') }, plan.components);
        const { by } = cli.who(options.by);
        const { from, reason } = options;
        const input = { procedure: 'backup', service, from, reason, by, ...asked } as const;
        if (options.dryRun) return await tryBackup(cli, plan, input);
        return options.priority ? await startFirst(cli, input, options) : await start(cli, input, options);
      }),
    );
};
