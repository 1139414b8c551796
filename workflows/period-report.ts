/**
 * `<service>/report-month` and `<service>/report-quarter`, begun by a Schedule: the report of the period that had ended when it was due, signed
 * and left in the storage locations. People are told where it lies. A place that does not take it is told of once and tried again
 * for a day. It changes nothing of the service.
 */
import { defineSearchAttributeKey } from '@temporalio/common';
import { setCurrentDetails, sleep, workflowInfo } from '@temporalio/workflow';
import type { z } from 'zod';
import { formatDuration } from '../domain/duration.ts';
import { matterOf } from '../domain/notices/events.ts';
import { periodAsked } from '../domain/period/period.ts';
import { type MadePeriod, type PeriodAnswer, type PeriodCall, periodInputSchema } from '../domain/period/scheduled.ts';
import type { NoticeCall, ToldPeople } from '../domain/run/protocol.ts';
import { followUp, settleMatter } from './notices/desk.ts';
import { callActivity } from './run/call-activity.ts';
import { badInput, describeFailure, failedRun } from './run/failures.ts';

type Input = z.output<typeof periodInputSchema>;

/** Set by the Schedule: a run that is caught up with later is of the period before the time that it was due at. */
const scheduledAt = defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME');

export async function periodReport(raw: unknown): Promise<PeriodAnswer> {
  const parsed = periodInputSchema.safeParse(raw);
  if (!parsed.success)
    throw badInput(
      'This names no service and no month or quarter.',
      'muster schedules apply, or {"service": "...", "period": "2026-10"}',
    );
  const input = parsed.data;
  const { typedSearchAttributes, startTime } = workflowInfo();
  const due = typedSearchAttributes.get(scheduledAt) ?? startTime;
  const period = periodAsked(input.period, due.getTime()).name;

  for (let tries = 1; ; tries += 1) {
    const made = await make(input, period);
    if (made.missed.length === 0) return await stored(input, period, made, tries > 1);
    if (tries === 1) await tellMissed(input, period, made);
    if (tries >= input.tries) return await givenUp(input, period, made);
    setCurrentDetails(`${missing(period, made)}. Tried again in ${formatDuration(input.again)}.`);
    await sleep(input.again, { summary: 'A place did not take the report' });
  }
}

/** Counting a quarter of several services takes minutes. What it refuses may be mended before the next try. */
async function make({ service, estate, fallback }: Input, period: string): Promise<MadePeriod> {
  const limits = {
    startToClose: 1_800_000,
    scheduleToStart: 30_000,
    budget: 3_600_000,
    heartbeat: 10_000,
    attempts: 3,
  };
  const call = { name: 'makePeriod', summary: `Report of ${period} of ${service}`, queues: [fallback], limits };
  const asked: PeriodCall = { service, period, estate };
  try {
    return await callActivity<MadePeriod>(call, asked);
  } catch (error) {
    return { places: [], missed: [describeFailure(error).message], told: '' };
  }
}

async function stored(input: Input, period: string, made: MadePeriod, wasMissed: boolean): Promise<PeriodAnswer> {
  const why = `the report of ${period} lies at ${made.places.join(', ')}`;
  await tell(input, 'period-report', 'info', period, `${why}. ${made.told}`);
  if (wasMissed) await settleMatter(input.service, 'period-not-stored');
  return say({ outcome: 'stored', why, period, places: made.places });
}

async function tellMissed(input: Input, period: string, made: MadePeriod): Promise<void> {
  const byHand = `muster report ${input.service} --period ${period} --store`;
  const next = input.tries > 1 ? `It is tried again every ${formatDuration(input.again)}; by hand` : 'By hand';
  const severity = made.places.length > 0 ? 'warning' : 'danger';
  await tell(input, 'period-not-stored', severity, period, `${missing(period, made)}. ${next}: ${byHand}`);
}

/** What some place has is told of; what none has failed. */
async function givenUp(input: Input, period: string, made: MadePeriod): Promise<PeriodAnswer> {
  const why = missing(period, made);
  setCurrentDetails(why);
  if (made.places.length === 0) throw failedRun(why, 'NotStored');
  await tell(input, 'period-report', 'info', period, `${why}. ${made.told}`);
  return say({ outcome: 'partly stored', why, period, places: made.places });
}

function missing(period: string, { places, missed }: MadePeriod): string {
  const where = places.length > 0 ? `lies only at ${places.join(', ')}` : 'lies nowhere';
  return `the report of ${period} ${where}: ${missed.join('; ')}`;
}

/** Whoever cannot be told does not hold it up. */
async function tell(
  { service, fallback }: Input,
  event: string,
  severity: NoticeCall['severity'],
  period: string,
  text: string,
): Promise<void> {
  const matter = matterOf(event);
  const notice: NoticeCall = {
    ...{ service, run: workflowInfo().workflowId, event, severity, text: `${service}: ${text}` },
    ...(matter ? { matter } : {}),
    fields: { Period: period },
  };
  const limits = { startToClose: 20_000, scheduleToStart: 30_000, budget: 120_000, heartbeat: 10_000 };
  const call = { name: 'notify', summary: `Tell people: ${event}`, queues: [fallback], limits };
  await followUp(notice, await callActivity<ToldPeople>(call, notice).catch(() => undefined));
}

function say(answer: PeriodAnswer): PeriodAnswer {
  setCurrentDetails(answer.why);
  return answer;
}
