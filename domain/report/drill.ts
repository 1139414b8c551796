/** What a rehearsal achieved: counted from its own start, since nothing was lost when it began. */
import type { Measured } from '../drills/metrics.ts';
import { traitsOf } from '../playbook/procedures.ts';
import type { RunStatus } from '../run/run.ts';
import type { Report } from './report.ts';

/** ms from its start to the last of its own looks at the service; undefined where it did not come so far, or is no rehearsal. */
export function rehearsedIn(status: RunStatus): number | undefined {
  if (!traitsOf(status.procedure).isolated) return undefined;
  const ended = lastLook(status);
  return ended === undefined ? undefined : Math.max(0, ended - Date.parse(status.clock.declared.at));
}

/** ms since 1970; undefined where one of them has not ended. */
function lastLook({ stages }: RunStatus): number | undefined {
  const looks = stages
    .flatMap(({ ranks }) => ranks.flat())
    .filter(({ kind }) => kind === 'checkHealth' || kind === 'seeFromOutside');
  const ended = looks.flatMap(({ state, finishedAt }) =>
    // What is put back at the end was done all the same.
    (state === 'done' || state === 'undone') && finishedAt ? [Date.parse(finishedAt)] : [],
  );
  return ended.length < looks.length || ended.length === 0 ? undefined : Math.max(...ended);
}

/** The same of a planned move: from its first step, since it waits for its go before that. It loses nothing, or is not done. */
export function moveMeasures(status: RunStatus): Measured | undefined {
  const steps = status.stages.flatMap(({ ranks }) => ranks.flat());
  const [from] = steps.flatMap(({ startedAt }) => startedAt ?? []).sort();
  const ended = lastLook(status);
  if (from === undefined) return undefined;
  return { from, ...(ended === undefined ? {} : { act: Math.max(0, ended - Date.parse(from)) }) };
}

/** What a drill of the plan is told that had this run do its work. */
export function rehearsalMeasures(status: RunStatus): Measured {
  const { achieved } = rehearsedRpo(status, undefined);
  const act = rehearsedIn(status);
  return {
    from: status.clock.declared.at,
    ...(act === undefined ? {} : { act }),
    ...(achieved === undefined ? {} : { rpo: achieved }),
  };
}

/** A region that is lost in this moment loses what came after the recovery point. */
export function rehearsedRpo(status: RunStatus, objective: number | undefined): Report['rpo'] {
  const { point, clock } = status;
  if (!point) return { verdict: 'unknown', basis: 'no recovery point was restored', objective };
  const achieved = Math.max(0, Date.parse(clock.declared.at) - Date.parse(point.takenAt));
  const verdict = objective === undefined ? 'unknown' : achieved > objective ? 'missed' : 'met';
  return {
    verdict,
    achieved,
    basis: 'start of the rehearsal, in place of an outage',
    takenAt: point.takenAt,
    objective,
  };
}
