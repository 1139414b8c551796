/** How long each part of a drill took, and what that says of the plan's promises. Out of the run's own status. Pure; times in ms. */
import { z } from 'zod';
import type { Playbook } from '../playbook.ts';
import type { RunStatus, StepStatus } from '../run.ts';

const promised = z.object({ achieved: z.number(), target: z.number().optional(), met: z.boolean().optional() });

export const drillMetricsSchema = z.object({
  /** Start of the outage to the declaration; only where an observer saw one. */
  detect: z.number().optional(),
  /** Declaration to the first step of the work: approvals, and what people prepare. */
  decide: z.number().optional(),
  /** First step of the work to the last: the recovery itself, without what is prepared and taken away. */
  act: z.number().optional(),
  /** First to last of the steps that only look whether it is good. */
  verify: z.number().optional(),
  total: z.number(),
  /** Of the total: for people. */
  waiting: z.number(),
  /** `act` against what the plan promises of the real thing. */
  rto: promised.optional(),
  /** Age of the tried state at the declaration: what would have been lost. */
  rpo: promised.optional(),
});
export type DrillMetrics = z.infer<typeof drillMetricsSchema>;

/** Steps that make and take away the drill's own place: no real recovery has them. */
const own = ['prepareDrill', 'clearDrill'];
const looking = ['provePoint', 'judgeFault', 'checkData', 'checkHealth', 'seeFromOutside', 'awaitResolution'];

/** @param ended  ISO */
export function drillMetrics(playbook: Playbook, status: RunStatus, ended: string): DrillMetrics {
  const { drill } = playbook;
  const items = new Set(drill?.items.map(({ step }) => step));
  const steps = status.stages.flatMap((stage) => stage.ranks.flat());
  const work = steps.filter(({ id, kind }) => !items.has(id) && !own.includes(kind));
  const { declared, outage, waiting } = status.clock;
  const act = spanOf(work);
  const verify = spanOf(work.filter(({ kind }) => looking.includes(kind)));
  const taken = status.point?.takenAt;
  const total = since(declared.at, ended);
  return {
    ...(outage ? { detect: since(outage.at, declared.at) } : {}),
    ...(act ? { decide: since(declared.at, act.from), act: act.ms } : {}),
    ...(verify ? { verify: verify.ms } : {}),
    total,
    waiting: Math.min(total, waiting),
    ...(act ? { rto: against(act.ms, drill?.targets?.rto) } : {}),
    ...(taken ? { rpo: against(since(taken, declared.at), drill?.targets?.rpo) } : {}),
  };
}

function against(achieved: number, target: number | undefined): z.infer<typeof promised> {
  return target === undefined ? { achieved } : { achieved, target, met: achieved <= target };
}

/** Undefined where none of them has begun and ended. */
function spanOf(steps: readonly StepStatus[]): { from: string; ms: number } | undefined {
  const begun = steps.flatMap(({ startedAt }) => startedAt ?? []).sort();
  const ended = steps.flatMap(({ finishedAt }) => finishedAt ?? []).sort();
  const [from] = begun;
  const to = ended.at(-1);
  return from !== undefined && to !== undefined ? { from, ms: since(from, to) } : undefined;
}

function since(from: string, to: string): number {
  return Math.max(0, Date.parse(to) - Date.parse(from));
}
