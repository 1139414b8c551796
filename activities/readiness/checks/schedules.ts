/** Whether what should happen by itself does: every schedule of the plan in place, as the plan says, and not paused by somebody who forgot it. */
import type { Client } from '@temporalio/client';
import { type Lacking, lack } from '../../../domain/readiness/readiness.ts';
import { everySchedule } from '../../../domain/schedules/every-schedule.ts';
import { isOurNote } from '../../../domain/schedules/note.ts';
import { compareSchedules, describeSchedule } from '../../schedules/apply.ts';
import type { ReadinessCheck } from '../check.ts';

export const schedules: ReadinessCheck = {
  id: 'schedules',
  title: 'Schedules in place, and none paused',
  mend: () => 'name the server with --address, TEMPORAL_ADDRESS or temporal.toml',
  async ask({ context, temporal }) {
    const { plan } = context;
    const wanted = everySchedule(plan);
    if (wanted.length === 0) return { skipped: 'the plan has no schedules' };
    if (!temporal) throw new Error('Temporal does not answer');
    return await temporal.withDeadline(Date.now() + 10_000, async () => {
      const changes = await compareSchedules(temporal, plan.service, wanted);
      const notApplied = changes
        .filter(({ action }) => action === 'create' || action === 'change' || action === 'leave')
        .map(({ id, action, why }) => {
          const what = action === 'create' ? 'is in the plan and not in place' : `is not as the plan says (${why})`;
          return lack('late', `schedule-${nameOf(id)}`, `${id} ${what}`, `muster schedules apply ${plan.service}`);
        });
      const there = changes.filter(({ action }) => action === 'keep' || action === 'change');
      const paused = await Promise.all(there.map(({ id }) => pausedOf(temporal, plan.service, id)));
      const lacking = [...notApplied, ...paused.flat()];
      return { lacking, seen: `${wanted.length - lacking.length} of ${wanted.length} in place and going` };
    });
  },
};

async function pausedOf(client: Client, service: string, id: string): Promise<Lacking[]> {
  const { state } = (await describeSchedule(client, id)) ?? {};
  if (!state?.paused) return [];
  const what = `${id} is paused${isOurNote(state.note) ? '' : `: ${state.note}`}`;
  return [lack('late', `paused-${nameOf(id)}`, what, `muster schedules unpause ${service} ${nameOf(id)}`)];
}

function nameOf(id: string): string {
  return id.slice(id.indexOf('/') + 1);
}
