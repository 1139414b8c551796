/** What stands for redundancy at the end of a run: of each database that streams, what was promoted and what follows it now. Pure. */
import { z } from 'zod';
import { type Playbook, type Step, stepsOf } from '../playbook/playbook.ts';

export const standbyRowSchema = z.object({
  /** Component, or database of RDS. */
  name: z.string(),
  kind: z.enum(['streaming', 'rds']),
  /** What takes writes since this run: `orders-west in us-west-2`. Absent where the run promotes nothing. */
  promoted: z.string().optional(),
  /** ms that the replica was behind by CloudWatch's last figure before the promotion, and when that was, ISO. */
  lag: z.object({ ms: z.number(), at: z.string() }).optional(),
  /** It has what was written until then, ISO; absent where nobody knows. */
  until: z.string().optional(),
  redundancy: z.enum(['redundant', 'not redundant']),
  /** What follows it, or why nothing does. */
  why: z.string(),
});
export type StandbyRow = z.infer<typeof standbyRowSchema>;

type Outputs = Readonly<Record<string, unknown>>;

const promotedSchema = z.object({
  takenAt: z.string().optional(),
  lag: z.object({ seconds: z.number(), at: z.string() }).optional(),
});
const streamsSchema = z.object({ component: z.string(), outcome: z.string() });
const followsSchema = z.object({ outcome: standbyRowSchema.shape.redundancy, why: z.string() });

/** A row for each database that a run promoted or made a standby; none for what it did not come to. */
export function standbyRows(playbook: Playbook | undefined, outputs: Outputs): StandbyRow[] {
  if (!playbook) return [];
  const steps = stepsOf(playbook).flatMap((step) => {
    const about = databaseOf(step);
    return about ? [{ ...about, step }] : [];
  });
  const names = [...new Set(steps.map(({ name }) => name))];
  return names.flatMap((name): StandbyRow[] => {
    const own = steps.filter((each) => each.name === name);
    const promotion = own.find(({ promotes }) => promotes);
    const said = promotion && promotedSchema.safeParse(outputs[promotion.step.id]).data;
    if (promotion && !said) return [];
    // A planned move makes a standby before it too, of the site that is promoted then.
    const joining = own.filter(({ promotes }) => !promotes).at(-1)?.step;
    return [
      {
        name,
        kind: own.some(({ step }) => /Rds/.test(step.kind)) ? 'rds' : 'streaming',
        ...(promotion ? { promoted: placeOf(promotion.step) } : {}),
        ...(said?.lag ? { lag: { ms: Math.round(said.lag.seconds * 1_000), at: said.lag.at } } : {}),
        ...(said?.takenAt ? { until: said.takenAt } : {}),
        ...redundancyIn(playbook, joining, outputs),
      },
    ];
  });
}

/** The rows in a sentence each; undefined where there is none. */
export function redundancyOf(playbook: Playbook, outputs: Outputs): string | undefined {
  const said = standbyRows(playbook, outputs).map(({ name, redundancy, why }) => `${name}: ${redundancy}, ${why}.`);
  return said.length > 0 ? said.join(' ') : undefined;
}

function databaseOf({ kind, input }: Step): { name: string; promotes: boolean } | undefined {
  const { component, database, proof } = input as { component?: { name: string }; database?: string; proof?: string };
  const name = component?.name ?? database;
  if (name === undefined) return undefined;
  // One that is opened to be restored over is no standby any more.
  if (kind === 'promoteDatabase' && proof === 'restore') return undefined;
  if (kind === 'promoteRdsReplica' || kind === 'promoteDatabase') return { name, promotes: true };
  return kind === 'reattachReplica' || kind === 'rejoinRdsStandby' ? { name, promotes: false } : undefined;
}

function placeOf({ input }: Step): string {
  const { replica, host } = input as { replica?: { instance: string; region: string }; host?: Record<string, string> };
  return replica ? `${replica.instance} in ${replica.region}` : `${host?.name} at ${host?.site}`;
}

function redundancyIn(
  playbook: Playbook,
  joining: Step | undefined,
  outputs: Outputs,
): Pick<StandbyRow, 'redundancy' | 'why'> {
  const follows = joining && followsSchema.safeParse(outputs[joining.id]).data;
  if (follows) return { redundancy: follows.outcome, why: follows.why };
  const streams = joining && streamsSchema.safeParse(outputs[joining.id]).data;
  if (streams) return { redundancy: 'redundant', why: streams.outcome };
  const why = joining ? `${joining.id} was not done` : `${playbook.from} was lost`;
  return {
    redundancy: 'not redundant',
    why: `${why}; muster rejoin ${playbook.service} gives it a standby once both sites answer`,
  };
}
