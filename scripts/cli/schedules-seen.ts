/** The schedules of a service as they stand in Temporal, beside what the plan wants: what is next, what became of the last, what was missed. */
import type { ScheduleDescription } from '@temporalio/client';
import { compareSchedules, describeSchedule, type ScheduleChange } from '../../activities/schedules/apply.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import { catchUpName, validationNames } from '../../domain/plan/schedules.ts';
import type { LookDepth } from '../../domain/points/verification.ts';
import type { DueResult } from '../../domain/schedules/due.ts';
import { everySchedule } from '../../domain/schedules/every-schedule.ts';
import { isOurNote } from '../../domain/schedules/note.ts';
import { scheduleId, validationSchedule } from '../../domain/schedules/wanted-schedules.ts';
import { inTime, type Temporal } from './temporal.ts';

export interface ScheduleSeen {
  readonly name: string;
  readonly id: string;
  readonly what: string;
  readonly when: string;
  /** `keep`: as the plan says. `create`: not in Temporal yet. `change`: it differs. `remove`: no longer in the plan. `leave`: not Muster's. */
  readonly plan: ScheduleChange['action'] | 'temporary';
  /** What differs from the plan. */
  readonly differs: string;
  readonly paused: boolean;
  /** Who paused it and why. */
  readonly note?: string;
  /** ISO */
  readonly next?: string;
  readonly last?: { readonly at: string; readonly workflowId: string; readonly outcome: string; readonly why?: string };
  /** Since it was made: not begun within its catch-up window (the server was down), and not begun because the one before still went. */
  readonly missed: number;
  readonly overlapped: number;
  /** ISO */
  readonly since?: string;
}

const patience = 10_000;

/** The plan's schedules first, in its order, then what else Muster made for the service. */
export async function seeSchedules(temporal: Temporal, plan: Plan): Promise<ScheduleSeen[]> {
  return await inTime(temporal, patience, async () => {
    const { client } = temporal;
    const wanted = everySchedule(plan);
    const changes = await compareSchedules(client, plan.service, wanted);
    const rows = changes.map(async ({ id, action, why }) => {
      const own = wanted.find((each) => each.id === id);
      return await see(temporal, { id, plan: action, differs: why, what: own?.what ?? '', when: own?.when ?? '' });
    });
    const id = scheduleId(plan.service, catchUpName);
    const catching = await describeSchedule(client, id);
    const { every } = plan.catchUp ?? {};
    const temporary = {
      id,
      plan: 'temporary' as const,
      differs: '',
      what: 'until a backup succeeds',
      when: `every ${(every ?? 0) / 60_000}m`,
    };
    const looks = (Object.keys(validationNames) as LookDepth[]).map(async (depth) => {
      const { id: looking, what, when } = validationSchedule(plan.service, depth);
      if (!(await describeSchedule(client, looking))) return [];
      return [await see(temporal, { id: looking, plan: 'temporary', differs: '', what, when })];
    });
    const shown = [...(await Promise.all(rows)), ...(catching ? [await see(temporal, temporary)] : [])];
    return [...shown, ...(await Promise.all(looks)).flat()];
  });
}

type Known = Pick<ScheduleSeen, 'id' | 'plan' | 'differs' | 'what' | 'when'>;

async function see(temporal: Temporal, known: Known): Promise<ScheduleSeen> {
  const name = known.id.slice(known.id.indexOf('/') + 1);
  const there = await describeSchedule(temporal.client, known.id);
  if (!there) return { ...known, name, paused: false, missed: 0, overlapped: 0 };
  const { info, state } = there;
  return {
    ...known,
    name,
    paused: state.paused,
    ...(isOurNote(state.note) ? {} : { note: state.note }),
    ...(state.paused ? {} : { next: info.nextActionTimes[0]?.toISOString() }),
    last: await lastOf(temporal, there),
    missed: info.numActionsMissedCatchupWindow,
    overlapped: info.numActionsSkippedOverlap,
    since: info.createdAt.toISOString(),
  };
}

async function lastOf({ client }: Temporal, { info }: ScheduleDescription): Promise<ScheduleSeen['last']> {
  const action = info.recentActions.at(-1);
  if (!action) return undefined;
  const { workflowId, firstExecutionRunId } = action.action.workflow;
  const at = action.takenAt.toISOString();
  try {
    const handle = client.workflow.getHandle(workflowId, firstExecutionRunId);
    const { status } = await handle.describe();
    if (status.name !== 'COMPLETED') return { at, workflowId, outcome: status.name.toLowerCase().replaceAll('_', ' ') };
    const { outcome, why } = (await handle.result()) as DueResult;
    return { at, workflowId, outcome, why };
  } catch {
    // The namespace keeps ended runs for a while only.
    return { at, workflowId, outcome: 'no longer known' };
  }
}

/** What a person should know without having asked, a line each. Empty when all is as the plan says. */
export function scheduleTroubles(service: string, seen: readonly ScheduleSeen[]): string[] {
  return seen.flatMap((each) => {
    const lines: string[] = [];
    if (each.plan === 'create')
      lines.push(`${each.name} is in the plan and not in place: muster schedules apply ${service}`);
    if (each.plan === 'change' || each.plan === 'remove')
      lines.push(`${each.name} is not as the plan says (${each.differs}): muster schedules apply ${service}`);
    if (each.plan === 'leave') lines.push(`${each.name}: ${each.differs}`);
    if (each.plan === 'temporary' && each.name !== catchUpName)
      lines.push('a look at the recovery points failed: they are looked at daily, until a look passes');
    if (each.name === catchUpName)
      lines.push(`backups failed again and again: one is tried ${each.when}, until one succeeds`);
    if (each.paused) lines.push(`${each.name} is PAUSED${each.note ? `: ${each.note}` : ''}`);
    if (each.missed > 0)
      lines.push(`${each.name} MISSED ${each.missed} since ${each.since}: the server was down at their times`);
    if (each.overlapped > 0)
      lines.push(`${each.name} left out ${each.overlapped} since ${each.since}: the one before still went`);
    const { outcome, at } = each.last ?? {};
    if (outcome && ['failed', 'timed out', 'terminated', 'canceled', 'cancelled', 'skipped'].includes(outcome))
      lines.push(`${each.name} ${outcome.toUpperCase()} at ${at}${each.last?.why ? `: ${each.last.why}` : ''}`);
    return lines;
  });
}
