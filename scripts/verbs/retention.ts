/** `muster retention`: which recovery points go, and why; `--apply` starts the run that deletes them. */
import type { Prospect } from '../../activities/retention/prospect.ts';
import { Refusal, refusal } from '../../domain/errors.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import { type LogSummary, summarizeLogs } from '../../domain/retention/logs.ts';
import type { Verdict } from '../../domain/retention/retention.ts';
import type { Cli } from '../cli/cli.ts';
import { say, sayJson } from '../cli/io.ts';
import { start } from '../cli/start.ts';
import { exitCodes } from '../exit-codes.ts';
import { columns, formatBytes } from '../views/columns.ts';
import { type AddVerb, examples } from './verb.ts';

interface RetentionOptions {
  readonly apply?: boolean;
  readonly budget?: string;
  readonly drops?: boolean;
  readonly reason?: string;
  readonly by?: string;
  readonly watch?: boolean;
}

export const addRetention: AddVerb = (program, run) => {
  program
    .command('retention')
    .summary('what is kept and what goes, and why')
    .description(
      'Reads every storage location and says what the rules of the plan keep and drop. Deletes only with --apply.',
    )
    .argument('<service>', 'service, as its plan is named')
    .option('--apply', 'start the run that deletes, location by location')
    .option('--budget <points>', "the most points that may go at one location, instead of the plan's budget")
    .option('--drops', 'show only what goes')
    .option('--reason <text>', 'why')
    .option('--by <name>', 'who asks for it (else MUSTER_BY, git, the system user)')
    .option('--watch', 'with --apply: stay and watch it')
    .addHelpText(
      'after',
      examples(
        'muster retention spacetime --drops',
        'muster retention spacetime --json | jq .places[].verdicts[].why',
        'muster retention spacetime --apply --watch',
        'muster retention spacetime --apply --budget 120 --reason "first clearing of a year"',
      ),
    )
    .action(
      run<RetentionOptions>(async (cli, [service = ''], options) => {
        const { plan } = await cli.plan(service);
        const budget = budgetOf(options);
        if (options.apply) {
          const { by } = cli.who(options.by);
          const retention = { apply: true, budget };
          return await start(cli, { procedure: 'retention', service, reason: options.reason, by, retention }, options);
        }
        const { retention } = plan;
        if (!retention) {
          throw refusal(
            'NoRetention',
            `The plan of ${service} has no rules for what is kept, so everything is.`,
            'write `retention` into the plan; docs/plan.md has the tables of the runbooks as examples.',
          );
        }
        const found = await look(cli, plan, retention, budget);
        if (cli.json) sayJson(cli.io, { service, places: found.map(placeJson) });
        else for (const each of found) say(cli.io, placeText(each, options.drops ?? false));
        if (!cli.json) say(cli.io, `\nNothing was deleted. To delete it: muster retention ${service} --apply`);
        return exitCodes.ok;
      }),
    );
};

function budgetOf({ budget, apply, reason }: RetentionOptions): number | undefined {
  if (budget === undefined) return undefined;
  if (!/^\d+$/.test(budget)) throw refusal('BadInput', `--budget ${budget} is no number of points.`, '--budget 120');
  if (apply && !reason) throw refusal('ReasonMissing', 'More than the plan allows needs a reason.', '--reason WHY');
  return Number(budget);
}

/** @throws NothingReachable: while one location is silent, nothing is known of any copy */
async function look(cli: Cli, plan: Plan, retention: NonNullable<Plan['retention']>, budget?: number) {
  // Loaded here only: clients would slow down every other verb.
  const [{ survey }, { prospects }, { loadPinned }, { openStore }, { resolveSecret }] = await Promise.all([
    import('../../activities/retention/survey.ts'),
    import('../../activities/retention/prospect.ts'),
    import('../../activities/points/signer.ts'),
    import('../../activities/storage/open-store.ts'),
    import('../../activities/secrets/resolve.ts'),
  ]);
  const names = Object.keys(plan.storage);
  const secret = (ref: Parameters<typeof resolveSecret>[0]) => resolveSecret(ref, cli.planFolder);
  const stores = await Promise.all(names.map((name) => openStore(plan, name, secret)));
  try {
    const signers = await loadPinned(plan, cli.planFolder);
    const seen = await survey(stores, plan.service, signers, Math.min(plan.copies, names.length));
    return await prospects(seen, retention, { now: Date.now(), budget });
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw refusal('NothingReachable', `What goes is known only when every location answers: ${why}.`, 'mend it first.');
  } finally {
    for (const store of stores) store.close?.();
  }
}

function placeJson({ place, verdicts, logs, toll, overBudget, debris }: Prospect) {
  const known = new Set(verdicts.map(({ point }) => point));
  return {
    ...toll,
    ...(overBudget ? { overBudget } : {}),
    unsure: place.unsure,
    held: Object.fromEntries(place.held),
    verdicts: verdicts.map(({ point, keep, why }) => ({ point, keep, why })),
    logs: logs.map(({ component, batch, keep, why }) => ({ component, batch, keep, why })),
    debris: debris.filter(({ id }) => !known.has(id)).map(({ key, bytes, why }) => ({ key, bytes, why })),
  };
}

function placeText({ place, verdicts, logs, toll, overBudget, debris }: Prospect, dropsOnly: boolean): string {
  const shown = dropsOnly ? verdicts.filter(({ keep }) => !keep) : verdicts;
  const rest = debris.filter(({ id }) => !verdicts.some(({ point }) => point === id));
  const bytes = `${formatBytes(toll.bytes)} of ${formatBytes(toll.ofBytes)}`;
  return [
    `${toll.location}: ${toll.points} of ${verdicts.length} points go, ${bytes}`,
    ...(shown.length > 0 ? [columns(shown.map(row), ['point', '', 'why'])] : []),
    ...summarizeLogs(logs)
      .filter(({ keep }) => !keep || !dropsOnly)
      .map((each) => `  log of ${each.component}, ${countOf(each)}: ${each.keep ? 'keep' : 'DROP'}  ${each.why}`),
    ...[...new Set(rest.map(({ why }) => why))].map((why) => `  debris: ${why}`),
    ...[...place.held.values()].map((why) => `  LEFT ALONE: ${why}`),
    ...place.unsure.map((why) => `  NOTHING GOES HERE: ${why} muster delete gives it up.`),
    ...(overBudget ? [`  OVER THE BUDGET: ${overBudget}; --apply needs --budget ${toll.points} --reason WHY`] : []),
  ].join('\n');
}

function countOf({ batches, first, last }: LogSummary): string {
  return batches === 1 ? `batch ${first}` : `${batches} batches, ${first} to ${last}`;
}

function row({ point, keep, why }: Verdict): string[] {
  return [point, keep ? 'keep' : 'DROP', why.join('; ')];
}
