/** Drills that restore into a place of their own, look at what comes out and take it away: all of it, some components, some files. */
import { judgeFault } from '../../activities/drills/judge-fault.ts';
import { drillPlace } from '../../domain/drills/place.ts';
import { refusal } from '../../domain/errors.ts';
import { scopeOf } from '../../domain/points/restore-scope.ts';
import { placeAt, type Situation, stage } from '../compiler.ts';
import { testsOf } from '../test-restore.ts';
import { clearSteps, prepareSteps } from './place-steps.ts';
import type { Rehearsal, Rehearse } from './rehearse.ts';

interface Part {
  readonly components?: readonly string[];
  readonly pathsOf?: ReadonlyMap<string, readonly string[]>;
}

/** Every component of the point; what it shows becomes a mark of the point. */
export const restoreTest: Rehearse<'restore-test'> = (situation) => rehearse(situation, {});

export const componentDrill: Rehearse<'component'> = (situation, { components }) => rehearse(situation, { components });

/** Runbook: "Test partial restoration". @throws PathUnknown */
export const partialRestore: Rehearse<'partial-restore'> = (situation, { paths }) => {
  const scope = scopeOf(situation.plan, { paths });
  const pathsOf = new Map(scope.map((item) => [item.component.name, item.paths ?? []]));
  return rehearse(situation, { components: [...pathsOf.keys()], pathsOf });
};

/** With a fault that was put in, nothing is said of the point: its copy was made bad, and that is to be noticed. */
function rehearse(situation: Situation, part: Part): Rehearsal {
  const { plan, assessment, run, request } = situation;
  const fault = request?.drill?.fault;
  const { point, tried, used, steps, hosts, tests, prove } = testsOf(situation, {
    components: fault === 'truncated-copy' ? filesAmong(situation, part.components) : part.components,
    pathsOf: part.pathsOf,
    fault,
    place: ({ name, driver }) => drillPlace(plan.service, run, { name, files: driver === 'files' }),
  });
  const judged = placeAt(plan, assessment.to)('judge-fault', { needs: steps.map(({ id }) => id) });
  return {
    items: [
      stage('Look at the hosts', hosts),
      stage('Make room for the drill', prepareSteps(situation, used, point.id, tried)),
      stage('Restore each component beside what is there, look at it, remove it', ...tests),
      stage('Say what was shown', [fault ? judgeFault.step({ fault }, judged) : prove]),
      stage('Leave nothing behind', clearSteps(situation, used, point.id, tried)),
    ],
    point: point.id,
  };
}

/** Only what was laid out as files can lose a byte between the restore and the look at it. @throws FaultUnfit */
function filesAmong({ plan, assessment }: Situation, wanted: readonly string[] | undefined): string[] {
  const names = plan.components
    .filter(({ driver, name }) => driver === 'files' && (wanted?.includes(name) ?? true))
    .flatMap(({ name }) => (assessment.point?.components.includes(name) ? [name] : []));
  if (names.length > 0) return names;
  throw refusal('FaultUnfit', 'This drill restores no files that could be truncated.', '--fault damaged-part.');
}
