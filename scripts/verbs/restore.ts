/** `muster restore`: full recovery in place, at the site where the service runs. Runbook: "Full System Recovery". */
import { refusal } from '../../domain/errors.ts';
import { start } from '../cli/start.ts';
import { type AddVerb, examples } from './verb.ts';

interface RestoreOptions {
  readonly at?: string;
  readonly point?: string;
  readonly reason?: string;
  readonly by?: string;
  readonly watch?: boolean;
}

export const addRestore: AddVerb = (program, run) => {
  program
    .command('restore')
    .summary('full recovery in place from a recovery point')
    .description('Starts a full recovery in place. It reads the world, compiles a playbook and waits for a go.')
    .argument('<service>', 'service, as its plan is named')
    .option('--at <site>', 'the site to restore at (else where the name leads)')
    .option('--point <id>', 'recovery point (else the newest usable one)')
    .option('--reason <text>', 'why; goes into the report')
    .option('--by <name>', 'who asks for it (else MUSTER_BY, git, the system user)')
    .option('--watch', 'stay and watch it')
    .addHelpText('after', examples('muster restore spacetime --point 20260102_031500 --reason "files were deleted"'))
    .action(
      run<RestoreOptions>(async (cli, [service = ''], options) => {
        const { plan } = await cli.plan(service);
        const site = options.at;
        if (site !== undefined && !(site in plan.sites)) {
          const names = Object.keys(plan.sites).join(', ');
          throw refusal('SiteUnknown', `The plan of ${service} has no site ${site}.`, `--at takes: ${names}.`);
        }
        const { by } = cli.who(options.by);
        const { point, reason } = options;
        return await start(
          cli,
          { procedure: 'full-recovery', service, from: site, to: site, point, reason, by },
          options,
        );
      }),
    );
};
