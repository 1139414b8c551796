/**
 * `<service>/readiness`, begun by a Schedule: one look at whether the standby could take over, from its own region. What it found lies in the
 * storage locations; people are told when something became worse, and when all is well again. It changes nothing of the service.
 */
import { setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import { matterOf } from '../domain/notices/events.ts';
import { type Change, changeSince, type LookMemory } from '../domain/readiness/change.ts';
import type { Lacking } from '../domain/readiness/readiness.ts';
import { type LookAnswer, type LookInput, lookInputSchema } from '../domain/readiness/scheduled.ts';
import type { NoticeCall, ToldPeople } from '../domain/run/protocol.ts';
import { followUp, settleMatter } from './notices/desk.ts';
import { callActivity } from './run/call-activity.ts';
import { badInput } from './run/failures.ts';

/** What the activity answers. */
export interface Looked {
  readonly standby: string;
  readonly ready: boolean;
  readonly score: number;
  readonly lacking: readonly Lacking[];
  /** Why nothing could be judged: a recovery is under way. */
  readonly standsAside?: string;
}

export async function readiness(raw: unknown): Promise<LookAnswer> {
  const parsed = lookInputSchema.safeParse(raw);
  if (!parsed.success)
    throw badInput('This is no look at readiness.', 'muster schedules apply, which writes it anew from the plan');
  const input = parsed.data;
  const before = last(input);
  const looked = await look(input, before.standby);
  if (looked.standsAside) return say({ ...before, outcome: 'stands aside', why: looked.standsAside });

  const { change, memory } = changeSince(before, looked.lacking);
  await tell(input, looked, change);
  const { standby, score, ready } = looked;
  return say({ ...memory, standby, score, outcome: ready ? 'ready' : 'not ready', why: sentence(looked) });
}

async function look({ service, queues, fallback }: LookInput, standby: string): Promise<Looked> {
  const own = queues[standby];
  const limits = { startToClose: 300_000, scheduleToStart: 10_000, budget: 900_000, heartbeat: 10_000, attempts: 3 };
  const call = { name: 'lookAtReadiness', summary: `Could ${standby} take over ${service}?`, limits };
  return await callActivity<Looked>({ ...call, queues: [...(own ? [own] : []), fallback] }, { service });
}

/** Whoever cannot be told does not hold it up. */
async function tell({ service, fallback }: LookInput, looked: Looked, change: Change): Promise<void> {
  if (change.kind === 'same') return;
  const worse = change.kind === 'worse' ? change.what : [];
  const lines = worse.map(({ level, what, mend }) => `${level}: ${what}${mend ? ` (${mend})` : ''}`);
  const { standby, score } = looked;
  const text =
    change.kind === 'well'
      ? `${standby} could take over ${service} again: nothing is lacking any more`
      : `${standby} is less ready to take over ${service}, ${score} of 100. ${lines.join('; ')}`;
  const notice: NoticeCall = {
    ...{ service, run: workflowInfo().workflowId, event: change.kind === 'well' ? 'ready-again' : 'less-ready' },
    ...(change.kind === 'well' ? {} : { matter: matterOf('less-ready') }),
    severity: change.kind === 'well' ? 'info' : worse.some(({ level }) => level === 'missing') ? 'danger' : 'warning',
    text,
    fields: { Standby: standby, Score: `${score} of 100` },
  };
  const limits = { startToClose: 20_000, scheduleToStart: 30_000, budget: 120_000, heartbeat: 10_000 };
  const call = { name: 'notify', summary: `Tell people: ${notice.event}`, queues: [fallback], limits };
  const told = await callActivity<ToldPeople>(call, notice).catch(() => undefined);
  if (change.kind !== 'well') await followUp(notice, told);
  else if (told?.policy) await settleMatter(service, 'less-ready');
}

/** What the look before left; Temporal hands the last good answer of a Schedule to its next run. */
function last({ standby }: LookInput): LookMemory & { standby: string } {
  const before = (workflowInfo().lastResult ?? {}) as Partial<LookAnswer>;
  return { seen: before.seen ?? {}, told: before.told ?? {}, standby: before.standby ?? standby };
}

function sentence({ standby, ready, score, lacking }: Looked): string {
  if (ready) return `${standby} could take over`;
  return `${standby} is not ready, ${score} of 100: ${lacking
    .slice(0, 5)
    .map(({ id }) => id)
    .join(', ')}`;
}

function say(answer: LookAnswer): LookAnswer {
  setCurrentDetails(answer.why);
  return answer;
}
