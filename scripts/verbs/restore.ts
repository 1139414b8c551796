/** `muster restore`: from a recovery point, the whole service in place or a part of it, or into a place of its own. */
import { refusal } from '../../domain/errors.ts';
import { scopeOf } from '../../domain/points/restore-scope.ts';
import { breachAsked } from '../cli/breach-asked.ts';
import { previewRun } from '../cli/preview-run.ts';
import { procedureOf, type RestoreWords, restoreAsked, restoreWords } from '../cli/restore-words.ts';
import { start } from '../cli/start.ts';
import { type AddVerb, examples } from './verb.ts';

interface RestoreOptions extends RestoreWords {
  readonly at?: string;
  readonly toSite?: string;
  readonly from?: string;
  readonly compromise?: true;
  readonly inPlace?: true;
  readonly preview?: boolean;
  readonly reason?: string;
  readonly by?: string;
  readonly watch?: boolean;
}

export const addRestore: AddVerb = (program, run) => {
  const command = program
    .command('restore')
    .summary('restore a service or a part of it from a recovery point')
    .description(
      'Without more words: full recovery in place from the newest point. What is replaced is kept beside it. It reads the world, compiles a playbook and waits for a go; into a scratch place it goes at once.',
    )
    .argument('<service>', 'service, as its plan is named');
  restoreWords(command)
    .option('--from <location>', 'only points of this storage location, which is read first')
    .option('--at <site>', 'the site to restore at (else where the name leads)')
    .option('--to-site <site>', 'the same as --at')
    .option('--compromise', 'recover from a breach: evidence, fence, clean site, new secrets; with --before')
    .option('--in-place', 'with --compromise: at the breached site, whose hosts were rebuilt (--bare)')
    .option('--preview', 'show playbook, risks and what would be overwritten; start nothing')
    .option('--reason <text>', 'why; goes into the report')
    .option('--by <name>', 'who asks for it (else MUSTER_BY, git, the system user)')
    .option('--watch', 'stay and watch it')
    .addHelpText(
      'after',
      examples(
        'muster restore spacetime --point 20260102_031500 --reason "files were deleted"',
        'muster restore spacetime --date 20251110 --preview',
        'muster restore spacetime --config-only --before-deployment --reason "bad change"',
        'muster restore spacetime --path /opt/spacetime/production/.env --path /etc/nginx --reason "edited by mistake"',
        'muster restore spacetime --component database --date "2025-11-10 12:00" --into test_db',
        'muster restore spacetime --compromise --before 2026-01-02T03:00:00+00:00 --reason "breach of app"',
        'muster restore spacetime --component application --to-host 10.0.3.7 --bare',
      ),
    )
    .action(
      run<RestoreOptions>(async (cli, [service = ''], options) => {
        const { plan } = await cli.plan(service);
        const site = options.at ?? options.toSite;
        if (site !== undefined && !(site in plan.sites)) {
          const names = Object.keys(plan.sites).join(', ');
          throw refusal('SiteUnknown', `The plan of ${service} has no site ${site}.`, `--at takes: ${names}.`);
        }
        if (options.from !== undefined && !(options.from in plan.storage)) {
          throw refusal(
            'LocationUnknown',
            `The plan of ${service} has no storage location ${options.from}.`,
            `--from takes: ${Object.keys(plan.storage).join(', ')}; a site is --at.`,
          );
        }
        if (options.inPlace && !options.compromise)
          throw refusal(
            'BadInput',
            '--in-place belongs to --compromise.',
            'leave it out: a restore is in place anyway.',
          );
        const { point, request } = restoreAsked({ ...options, fromLocation: options.from });
        // What the plan does not have is said before Temporal is asked for.
        scopeOf(plan, request);
        const wanted = {
          ...(options.compromise
            ? breachAsked(plan, { site, inPlace: options.inPlace === true, before: request?.before })
            : { procedure: procedureOf(request), from: site, to: site }),
          service,
          point,
          reason: options.reason,
          by: cli.who(options.by).by,
          ...(request ? { restore: request } : {}),
        };
        return options.preview ? await previewRun(cli, plan, wanted) : await start(cli, wanted, options);
      }),
    );
};
