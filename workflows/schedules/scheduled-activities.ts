/** The activities of what is due: looked up on any worker, since nothing is known yet of where the run will act. */
import type { NextDue } from '../../domain/drills/announcing.ts';
import { matterOf } from '../../domain/notices/events.ts';
import type { LookDepth, ValidationDue } from '../../domain/points/verification.ts';
import type { NoticeCall, ToldPeople } from '../../domain/run/protocol.ts';
import type { DueInput, DueResult } from '../../domain/schedules/due.ts';
import { followUp } from '../notices/desk.ts';
import { callActivity } from '../run/call-activity.ts';

/** Id of the first of these that runs; undefined when none does. */
export async function holderOf({ service }: DueInput, workflowIds: readonly string[]): Promise<string | undefined> {
  const found = await call<string | null>('holderOf', `What runs for ${service}`, { workflowIds });
  return found ?? undefined;
}

export interface Look {
  readonly changed: boolean;
  readonly why: string;
  readonly fingerprint: string;
}

export async function lookForChange(due: DueInput, last: Pick<DueResult, 'fingerprint' | 'backedUpAt'>): Promise<Look> {
  const { service, from, backup } = due;
  const argument = { service, from, components: backup?.components, last };
  return await call<Look>('lookForChange', `Whether ${service} has changed`, argument, 60_000);
}

/** Backups that failed one after another until now; without `execution`, which is counted by the caller. */
export async function countFailures({ service }: DueInput, execution?: string): Promise<number> {
  return await call<number>('countFailures', `Failed backups of ${service} in a row`, { service, execution });
}

/** True when it was made now. */
export async function ensureCatchUp(due: DueInput): Promise<boolean> {
  return await call<boolean>('ensureCatchUp', `Try backups of ${due.service} more often`, due);
}

export async function endCatchUp({ service }: DueInput): Promise<void> {
  await call<boolean>('endCatchUp', `End the temporary schedule of ${service}, where there is one`, { service });
}

/** What the marks of the recovery points say of the last look, and of the next. */
export async function validationState({ service, validating: depth }: DueInput): Promise<ValidationDue> {
  return await call('validationState', `Whether a look at ${service} is due`, { service, depth }, 300_000);
}

export async function endValidation({ service, validating: depth }: DueInput): Promise<void> {
  await call<boolean>('endValidation', `End the daily looks at ${service}`, { service, depth });
}

/** When a Schedule begins next. */
export async function nextDue(schedule: string): Promise<NextDue> {
  return await call<NextDue>('nextDue', `When ${schedule} is due`, { schedule });
}

/** True when it was made now. */
export async function ensureValidation(service: string, depth: LookDepth): Promise<boolean> {
  return await call<boolean>('ensureValidation', `Look at ${service} daily until a look passes`, { service, depth });
}

/** Tells people; whoever cannot be told does not hold it up. */
export async function tell(
  due: DueInput,
  event: string,
  text: string,
  severity: NoticeCall['severity'],
): Promise<void> {
  const fields = { Procedure: due.procedure, Schedule: due.name };
  const { service, procedure, run = due.name } = due;
  const matter = matterOf(event);
  const notice: NoticeCall = { service, run, event, severity, text, fields, procedure, matter };
  const told = await call<ToldPeople>('notify', `Tell people: ${event}`, notice).catch(() => undefined);
  await followUp(notice, told);
}

async function call<Result>(name: string, summary: string, argument: unknown, startToClose = 20_000): Promise<Result> {
  const limits = { startToClose, scheduleToStart: 30_000, budget: 600_000, heartbeat: 10_000 };
  return await callActivity<Result>({ name, summary, queues: ['muster-fallback'], limits }, argument);
}
