/** Brings the Schedules of a service in Temporal to what its plan says: compares, then creates, changes and removes. */
import { isDeepStrictEqual } from 'node:util';
import {
  type Client,
  ScheduleAlreadyRunning,
  type ScheduleDescription,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
} from '@temporalio/client';
import { workflowQueue } from '../../domain/run/protocol.ts';
import type { AnySchedule } from '../../domain/schedules/every-schedule.ts';
import { noteBeside, noteOf } from '../../domain/schedules/note.ts';
import { specOf, timesOf } from './times.ts';

/** Stands in the memo of every Schedule that Muster made; nothing else is ever changed or removed. */
export interface ScheduleMemo {
  readonly musterService: string;
  /** A temporary one that ends itself. */
  readonly temporary?: boolean;
}

export interface ScheduleChange {
  readonly id: string;
  readonly action: 'create' | 'change' | 'remove' | 'keep' | 'leave';
  /** What differs, or why it is left alone. */
  readonly why: string;
}

/** What `applySchedules` would do; reads only. */
export async function compareSchedules(
  client: Client,
  service: string,
  wanted: readonly AnySchedule[],
): Promise<ScheduleChange[]> {
  const changes = await Promise.all(wanted.map((each) => compareOne(client, service, each)));
  const ids = new Set(wanted.map(({ id }) => id));
  const others = (await madeFor(client, service)).filter((id) => !ids.has(id));
  return [...changes, ...others.map((id) => ({ id, action: 'remove' as const, why: 'the plan no longer has it' }))];
}

/** In: what `compareSchedules` found. Does it; safe to repeat. A pause that somebody set stays. */
export async function applySchedules(
  client: Client,
  service: string,
  wanted: readonly AnySchedule[],
  changes: readonly ScheduleChange[],
): Promise<void> {
  const byId = new Map(wanted.map((each) => [each.id, each]));
  for (const { id, action } of changes) {
    const schedule = byId.get(id);
    if (action === 'remove') await removeSchedule(client, service, id);
    if (schedule && action === 'create') await createSchedule(client, service, schedule);
    if (schedule && action === 'change') await changeSchedule(client, schedule);
  }
}

/** True when it was made; false when it was there already. */
export async function createSchedule(
  client: Client,
  service: string,
  wanted: AnySchedule,
  temporary = false,
): Promise<boolean> {
  const memo: ScheduleMemo = { musterService: service, ...(temporary ? { temporary } : {}) };
  try {
    const state = { note: noteOf(wanted) };
    await client.schedule.create({ scheduleId: wanted.id, memo: { ...memo }, ...definition(wanted), state });
    return true;
  } catch (error) {
    if (error instanceof ScheduleAlreadyRunning) return false;
    throw error;
  }
}

/** False when there is none, or it is not Muster's for this service. */
export async function removeSchedule(client: Client, service: string, id: string): Promise<boolean> {
  const there = await describeSchedule(client, id);
  if (!there || !isOurs(there.memo, service)) return false;
  await client.schedule.getHandle(id).delete();
  return true;
}

export async function describeSchedule(client: Client, id: string): Promise<ScheduleDescription | undefined> {
  try {
    return await client.schedule.getHandle(id).describe();
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

async function changeSchedule(client: Client, wanted: AnySchedule): Promise<void> {
  await client.schedule.getHandle(wanted.id).update(({ state }) => ({
    ...definition(wanted),
    state: { ...state, note: noteBeside(state.note, wanted) },
  }));
}

async function compareOne(client: Client, service: string, wanted: AnySchedule): Promise<ScheduleChange> {
  const { id } = wanted;
  const there = await describeSchedule(client, id);
  if (!there) return { id, action: 'create', why: `${wanted.what}; ${wanted.when}` };
  if (!isOurs(there.memo, service))
    return { id, action: 'leave', why: 'a Schedule of this id was not made by Muster: rename one of the two' };
  const differs = differences(there, wanted);
  return { id, action: differs.length > 0 ? 'change' : 'keep', why: differs.join('; ') };
}

function differences({ spec, policies, action, state }: ScheduleDescription, wanted: AnySchedule): string[] {
  const { policies: policy, action: start } = definition(wanted);
  const same: [string, unknown, unknown][] = [
    [`when: ${wanted.when}`, timesOf(spec), wanted.times],
    [
      `what: ${wanted.what}`,
      [action.workflowType, action.taskQueue, action.args],
      [start.workflowType, start.taskQueue, start.args],
    ],
    ['policies', policies, policy],
    ['note', state.note, noteBeside(state.note, wanted)],
  ];
  return same.filter(([, is, should]) => !isDeepStrictEqual(plain(is), plain(should))).map(([name]) => name);
}

/** What goes over the wire: fields that are undefined are not there. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

function definition(wanted: AnySchedule) {
  return {
    spec: specOf(wanted.times),
    policies: {
      overlap: overlapOf(wanted),
      catchupWindow: wanted.catchUpWindow,
      // One bad night must not end all backups.
      pauseOnFailure: false,
    },
    action: {
      type: 'startWorkflow' as const,
      ...startOf(wanted),
      taskQueue: workflowQueue,
      staticSummary: `${wanted.what}; ${wanted.when}`.slice(0, 180),
    },
  };
}

function startOf(wanted: AnySchedule): { workflowType: string; workflowId: string; args: [unknown] } {
  const { id: workflowId } = wanted;
  if ('due' in wanted) return { workflowType: 'scheduled', workflowId: `${workflowId}-due`, args: [wanted.due] };
  if ('look' in wanted) return { workflowType: 'readiness', workflowId, args: [wanted.look] };
  return { workflowType: 'periodReport', workflowId, args: [wanted.report] };
}

/**
 * A run that is due while the one before still goes is to be told of, so it is started and says itself that it is skipped. Only those that
 * look for a change, or announce, and looks at readiness need what the last one found, which Temporal hands over between runs in sequence.
 */
function overlapOf(wanted: AnySchedule): ScheduleOverlapPolicy {
  if (!('due' in wanted)) return ScheduleOverlapPolicy.SKIP;
  const { onChange, catchingUp, announces } = wanted.due;
  if (onChange || catchingUp || announces) return ScheduleOverlapPolicy.SKIP;
  return wanted.due.overlap === 'wait' ? ScheduleOverlapPolicy.BUFFER_ONE : ScheduleOverlapPolicy.ALLOW_ALL;
}

/** Ids of the lasting Schedules that Muster made for a service. */
async function madeFor(client: Client, service: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const { scheduleId, memo } of client.schedule.list()) {
    const ours = scheduleId.startsWith(`${service}/`) && isOurs(memo, service);
    if (ours && !(memo as unknown as ScheduleMemo).temporary) ids.push(scheduleId);
  }
  return ids.sort();
}

function isOurs(memo: Record<string, unknown> | undefined, service: string): boolean {
  return (memo as ScheduleMemo | undefined)?.musterService === service;
}
