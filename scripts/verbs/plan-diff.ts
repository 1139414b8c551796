/** `muster plan diff`: what a change of the plan changes of what would be done. */
import type { Command } from 'commander';
import type { Difference } from '../../domain/differences.ts';
import { directionOf } from '../../domain/run/present.ts';
import type { PlanDifference, ProcedureDifference, StepDifference } from '../../playbooks/plan-diff.ts';
import type { Runner } from '../cli/cli.ts';
import { say, sayJson } from '../cli/io.ts';
import { exitCodes } from '../exit-codes.ts';
import { examples } from './verb.ts';

export function addPlanDiff(plan: Command, run: Runner): void {
  plan
    .command('diff')
    .summary('what a change of the plan changes of each procedure')
    .description(
      'Compiles every procedure with the plan as it was and as it is, and says which steps come, go and change; then objectives, policy and the\nrest by name. Asks nothing of the world and changes nothing.',
    )
    .argument('<service>', 'service, as its plan is named')
    .option('--against <file|commit>', 'the plan before: a file, a folder of plans, or a commit of git', 'HEAD')
    .addHelpText(
      'after',
      examples(
        'muster plan diff spacetime',
        'muster plan diff spacetime --against main~3',
        'muster plan diff spacetime --against /tmp/spacetime-old.yaml --json',
      ),
    )
    .action(
      run<{ against: string }>(async (cli, [service = ''], { against }) => {
        const [{ planBefore }, { diffPlans }] = await Promise.all([
          import('../../activities/plans/plan-before.ts'),
          import('../../playbooks/plan-diff.ts'),
        ]);
        const after = await cli.plan(service);
        const before = await planBefore({ folder: cli.planFolder, service, overlays: cli.overlays }, against);
        const found = diffPlans(before.plan, after.plan);
        if (cli.json) sayJson(cli.io, { service, against, before: before.sha256, after: after.sha256, ...found });
        else say(cli.io, [`${service}: the plan against ${against}`, ...diffLines(found)].join('\n'));
        return exitCodes.ok;
      }),
    );
}

/** Steps of one that has more to say than people read. */
const mostLines = 8;

export function diffLines({ plan, procedures }: PlanDifference): string[] {
  if (plan.length === 0 && procedures.length === 0) return ['Nothing differs.'];
  const policy = plan.filter(({ path }) => /^(objectives|approvals|procedures|policy)\b/.test(path));
  const rest = plan.filter((each) => !policy.includes(each));
  return [
    ...section('Objectives and policy', policy),
    ...procedures.flatMap(procedureLines),
    ...(procedures.length === 0 ? ['', 'No procedure does anything otherwise.'] : []),
    ...section('Elsewhere in the plan', rest),
  ];
}

function section(title: string, found: readonly Difference[]): string[] {
  return found.length > 0 ? ['', title, ...found.map((each) => `  ${describe(each)}`)] : [];
}

function procedureLines(found: ProcedureDifference): string[] {
  const { refused, order, steps } = found;
  return [
    '',
    directionOf(found),
    ...(refused?.before ? [`  could not be compiled before: ${refused.before}`] : []),
    ...(refused?.after ? [`  CANNOT BE COMPILED any more: ${refused.after}`] : []),
    ...steps.flatMap(stepLines),
    ...(order ? [`  stages before: ${order.before.join(' / ')}`, `  stages after:  ${order.after.join(' / ')}`] : []),
  ];
}

function stepLines({ what, id, title, stage, differences }: StepDifference): string[] {
  const mark = { added: '+', removed: '-', changed: '~' }[what];
  const more = differences.length > mostLines ? [`      and ${differences.length - mostLines} more`] : [];
  return [
    `  ${mark} ${title} (${id}), in "${stage}"`,
    ...differences.slice(0, mostLines).map((each) => `      ${describe(each)}`),
    ...more,
  ];
}

function describe({ what, path, before, after }: Difference): string {
  if (what === 'changed') return `${path}: ${before} -> ${after}`;
  const value = what === 'added' ? after : before;
  return `${what} ${path}${value ? `: ${value}` : ''}`;
}
