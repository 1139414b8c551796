/** `muster plan check`, `muster plan show` and `muster plan diff`. */
import type { Command } from 'commander';
import type { LoadedPlan } from '../../activities/plans/load-plan.ts';
import { Refusal } from '../../domain/errors.ts';
import type { Cli, Runner } from '../cli/cli.ts';
import { say, sayJson } from '../cli/io.ts';
import { liveFindings } from '../cli/live-check.ts';
import { exitCodes } from '../exit-codes.ts';
import { columns } from '../views/columns.ts';
import { planLines } from '../views/plan-lines.ts';
import { addPlanDiff } from './plan-diff.ts';
import { type AddVerb, examples } from './verb.ts';

export const addPlan: AddVerb = (program, run) => {
  const plan = program
    .command('plan')
    .summary('check, show and compare plans')
    .description('Check, show and compare plans.');
  addCheck(plan, run);
  addShow(plan, run);
  addPlanDiff(plan, run);
};

function addCheck(plan: Command, run: Runner): void {
  plan
    .command('check')
    .summary('every mistake of a plan, with file and line')
    .description(
      'Reads the plan of one service, or all plans, and names every mistake with file and line. Changes nothing.',
    )
    .argument('[service]', 'service; all plans where absent')
    .option('--live', 'also ask the world: secrets, hosts, names, storage, databases, certificates, observer')
    .addHelpText('after', examples('muster plan check', 'muster plan check spacetime --live'))
    .action(
      run<{ live?: boolean }>(async (cli, [service], options) => {
        const services = service ? [service] : await cli.services();
        const results = await Promise.all(services.map((each) => checkOne(cli, each, options.live ?? false)));
        if (cli.json) sayJson(cli.io, { plans: results });
        else for (const result of results) say(cli.io, resultLines(result).join('\n'));
        return results.every((result) => result.ok) ? exitCodes.ok : exitCodes.refused;
      }),
    );
}

interface CheckResult {
  readonly service: string;
  readonly ok: boolean;
  /** SHA-256 of the plan, hex. */
  readonly sha256?: string;
  readonly problems: readonly string[];
  readonly live: readonly { what: string; ok: boolean; found: string }[];
}

async function checkOne(cli: Cli, service: string, live: boolean): Promise<CheckResult> {
  let loaded: LoadedPlan;
  try {
    loaded = await cli.plan(service);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const problems = 'problems' in error ? (error.problems as string[]) : [error.message];
    return { service, ok: false, problems, live: [] };
  }
  const findings = live ? await liveFindings(loaded.plan, cli.planFolder) : [];
  return { service, ok: findings.every((each) => each.ok), sha256: loaded.sha256, problems: [], live: findings };
}

function resultLines(result: CheckResult): string[] {
  const head =
    result.problems.length > 0
      ? `${result.service}: ${result.problems.length} to correct`
      : `${result.service}: the plan is good`;
  const live = columns(result.live.map((each) => [`  ${each.ok ? 'good' : 'BAD'}`, each.what, each.found]));
  return [head, ...result.problems.map((problem) => `  ${problem}`), ...(live ? [live] : [])];
}

function addShow(plan: Command, run: Runner): void {
  plan
    .command('show')
    .summary('what a plan says')
    .description('What a plan says, with defaults and overlays. Secrets stand there only as references.')
    .argument('<service>', 'service, as its plan is named')
    .addHelpText('after', examples('muster plan show spacetime', 'muster plan show spacetime --json'))
    .action(
      run(async (cli, [service = '']) => {
        const loaded = await cli.plan(service);
        if (cli.json) sayJson(cli.io, { sha256: loaded.sha256, files: loaded.files, plan: loaded.plan });
        else say(cli.io, planLines(loaded).join('\n'));
        return exitCodes.ok;
      }),
    );
}
