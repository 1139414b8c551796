/** Drills that restore into a place of their own, look at what comes out and take it away: all of it, some components, some files. */
import { scopeOf } from '../../domain/restore-scope.ts';
import { testStages } from '../test-restore.ts';
import type { Rehearse } from './drill.ts';

/** Every component of the point; what it shows becomes a mark of the point. */
export const restoreTest: Rehearse<'restore-test'> = (situation) => testStages(situation);

export const componentDrill: Rehearse<'component'> = (situation, { components }) =>
  testStages(situation, { components });

/** Runbook: "Test partial restoration". @throws PathUnknown */
export const partialRestore: Rehearse<'partial-restore'> = (situation, { paths }) => {
  const scope = scopeOf(situation.plan, { paths });
  const pathsOf = new Map(scope.map((item) => [item.component.name, item.paths ?? []]));
  return testStages(situation, { components: [...pathsOf.keys()], pathsOf });
};
