/** Activity `nextDue`: when a Schedule begins next, as Temporal itself says it, and whether somebody has paused it. */
import type { Client } from '@temporalio/client';
import type { NextDue } from '../../domain/drills/announcing.ts';
import { refusal } from '../../domain/errors.ts';
import { describeSchedule } from './apply.ts';

/** Refusal `ScheduleUnknown` where there is none of this id. */
export async function nextDue(client: Client, schedule: string): Promise<NextDue> {
  const found = await describeSchedule(client, schedule);
  if (!found) {
    throw refusal(
      'ScheduleUnknown',
      `There is no Schedule ${schedule} to tell people of.`,
      `muster schedules apply ${schedule.split('/')[0]}.`,
    );
  }
  const [next] = found.info.nextActionTimes;
  return { ...(next ? { at: next.toISOString() } : {}), paused: found.state.paused };
}
