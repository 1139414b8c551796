/** What an exercise tells and leaves behind, on any worker. Neither holds it up: users may be waiting to be led home. */
import type { ExerciseStatus } from '../../domain/drills/exercise.ts';
import type { NoticeCall } from '../../domain/run/protocol.ts';
import { callActivity } from '../run/call-activity.ts';
import { asSummary } from '../run/summary.ts';

export async function tellOfExercise(
  { service, run, stage }: ExerciseStatus,
  event: string,
  text: string,
  severity: NoticeCall['severity'] = 'info',
): Promise<void> {
  const notice: NoticeCall = { service, run, event, severity, text, fields: { Procedure: 'EXERCISE', Status: stage } };
  await call('notify', `Tell people: ${event}`, notice, 60_000);
}

export async function writeExercise(status: ExerciseStatus): Promise<void> {
  await call('writeExercise', 'Write the report of the exercise', { status }, 300_000);
}

async function call(name: string, summary: string, argument: unknown, budget: number): Promise<void> {
  const limits = { startToClose: 20_000, scheduleToStart: 15_000, budget, heartbeat: 10_000 };
  const asked = { name, summary: asSummary(summary), queues: ['muster-fallback'], limits };
  await callActivity<unknown>(asked, argument).catch(() => {});
}
