/** How long each part of a drill took, and what that says of the plan's promises. Out of the run's own status. Pure; times in ms. */
import { z } from 'zod';
import type { Playbook } from '../playbook/playbook.ts';
import type { RunStatus, StepStatus } from '../run/run.ts';

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

/** Steps that make and take away the drill's own place, or have it done by a run of its own: no real recovery has them. */
const own = ['prepareDrill', 'clearDrill', 'startRehearsal', 'endRehearsal'];
const looking = ['provePoint', 'judgeFault', 'checkData', 'checkHealth', 'seeFromOutside', 'awaitResolution'];

/** What a run of its own has measured that a drill had do the work; ms, and `from` ISO. */
export interface Measured {
  readonly from: string;
  readonly act?: number | undefined;
  readonly verify?: number | undefined;
  readonly rpo?: number | undefined;
}

/** @param ended  ISO */
export function drillMetrics(
  playbook: Playbook,
  status: RunStatus,
  ended: string,
  measured?: Measured | undefined,
): DrillMetrics {
  const { drill } = playbook;
  const items = new Set(drill?.items.map(({ step }) => step));
  const steps = status.stages.flatMap((stage) => stage.ranks.flat());
  const work = steps.filter(({ id, kind }) => !items.has(id) && !own.includes(kind));
  const { declared, outage, waiting } = status.clock;
  const act = measured ? actOf(measured) : spanOf(work);
  const verify = measured ? measured.verify : spanOf(work.filter(({ kind }) => looking.includes(kind)))?.ms;
  const taken = status.point?.takenAt;
  const lost = measured ? measured.rpo : taken && since(taken, declared.at);
  const total = since(declared.at, ended);
  return {
    ...(outage ? { detect: since(outage.at, declared.at) } : {}),
    ...(act ? { decide: since(declared.at, act.from), act: act.ms } : {}),
    ...(verify === undefined ? {} : { verify }),
    total,
    waiting: Math.min(total, waiting),
    ...(act ? { rto: against(act.ms, drill?.targets?.rto) } : {}),
    ...(typeof lost === 'number' ? { rpo: against(lost, drill?.targets?.rpo) } : {}),
  };
}

function actOf({ from, act }: Measured): { from: string; ms: number } | undefined {
  return act === undefined ? undefined : { from, ms: act };
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
