/** `muster points`: the recovery points of a service, where they lie, and how old they are. */
import type { PointSummary } from '../../domain/assessment.ts';
import { formatDuration } from '../../domain/duration.ts';
import { say, sayJson } from '../cli/io.ts';
import { ageOf, servicePoints } from '../cli/service-points.ts';
import { exitCodes } from '../exit-codes.ts';
import { columns, formatBytes } from '../views/columns.ts';
import { type AddVerb, examples } from './verb.ts';

export const addPoints: AddVerb = (program, run) => {
  program
    .command('points')
    .summary('recovery points, where they lie, and their age')
    .description('Reads every storage location; only manifests signed by a key of the plan are listed.')
    .argument('<service>', 'service, as its plan is named')
    .option('--newest <count>', 'how many', '20')
    .addHelpText('after', examples('muster points spacetime', 'muster points spacetime --json | jq -r .points[0].id'))
    .action(
      run<{ newest: string }>(async (cli, [service = ''], options) => {
        const { plan } = await cli.plan(service);
        const found = await servicePoints(plan, cli.planFolder, { newest: Math.max(1, Number(options.newest) || 20) });
        const now = Date.now();
        const points = found.points.map((point) => ({ ...point, age: ageOf(point, plan.objectives.rpo, now).ms }));
        if (cli.json) sayJson(cli.io, { service, rpo: plan.objectives.rpo, ...found, points });
        else {
          say(cli.io, found.points.length === 0 ? `${service} has no recovery point that can be seen from here.` : '');
          const rows = found.points.map((point) => {
            const age = ageOf(point, plan.objectives.rpo, now);
            return [
              point.id,
              point.takenAt,
              `${formatDuration(age.ms)}${age.late ? ' (older than the RPO)' : ''}`,
              point.label,
              `${point.site} (${point.role})`,
              `${formatBytes(point.bytes)}, stored ${formatBytes(point.storedBytes)}`,
              `${point.locations.length} of ${found.locations.length}: ${point.locations.join(', ')}`,
              standingWords(point),
              point.torn > 0 ? `${point.torn} torn` : '',
            ];
          });
          if (rows.length > 0)
            say(cli.io, columns(rows, ['point', 'state of', 'age', 'label', 'from', 'size', 'copies', 'state', '']));
          for (const each of found.refused) say(cli.io, `REFUSED ${each.id} at ${each.location}: ${each.why}`);
          for (const each of found.unreachable) say(cli.io, `NOT REACHED ${each.location}: ${each.why}`);
        }
        return found.unreachable.length === found.locations.length ? exitCodes.noAnswer : exitCodes.ok;
      }),
    );
};

/** `verified, pinned`, and where the copies differ from the whole: `quarantined (far: damaged)`. */
function standingWords({ state, at = {}, pinned, enough }: PointSummary): string {
  const bad = Object.entries(at).filter(([, each]) => each === 'damaged' || each === 'absent');
  const where = bad.map(([name, each]) => `${name}: ${each}`).join(', ');
  const few = enough === false && state !== 'captured' && state !== 'quarantined' ? 'too few copies' : '';
  return [state ?? '', pinned ? 'pinned' : '', few, where ? `(${where})` : ''].filter(Boolean).join(', ');
}
