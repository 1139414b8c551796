/**
 * Changing what a run does while it goes on: another point, another procedure, a plan that was mended. The run goes on under its own id
 * with a new playbook, a new hash and a new approval; what it has done is not done again.
 */
import { z } from 'zod';
import { approvalBeforeSchema } from '../approvals/taken-approval.ts';
import { auditLeftSchema } from '../audit/audit.ts';
import { refusal } from '../errors.ts';
import { deskSchema } from '../notices/desk.ts';
import { holdSchema } from '../run/lease.ts';
import { type Playbook, type PlaybookItem, type Step, stepSchema } from './playbook.ts';

/** Registered before an act: what to put back, what was there, and the generation of the step that changed it. */
export const undoSchema = z.object({ step: stepSchema, before: z.unknown(), generation: z.number().int().positive() });

const sourcedTime = z.object({ at: z.string(), source: z.string() });

/** What a run hands to itself when its plan changes. Shapes of its own status are checked where that is built. */
export const goesOnSchema = z.object({
  /** Of the playbook: 2 for the first change. */
  revision: z.number().int().min(2),
  because: z.object({ by: z.string(), reason: z.string() }),
  /** Steps that were done under earlier playbooks and stand. */
  done: z.array(stepSchema),
  outputs: z.record(z.string(), z.record(z.string(), z.unknown())),
  /** Generation that each step which has begun goes on with, so that no host job is taken for its own. */
  generations: z.record(z.string(), z.number().int().positive()),
  undo: z.array(undoSchema),
  passedNoReturn: z.boolean(),
  /** What the run holds, and for how long, ms. */
  leases: z.array(holdSchema).optional(),
  term: z.number().optional(),
  paused: z.boolean().optional(),
  held: z.boolean().optional(),
  /** End of the maintenance window, ISO, of what has begun. */
  until: z.string().optional(),
  onDuty: z.object({ name: z.string(), since: z.string() }).optional(),
  clock: z.object({
    outage: sourcedTime.optional(),
    declared: sourcedTime,
    recovered: sourcedTime.optional(),
    spoken: z.array(z.number()),
    /** ms */
    waiting: z.number(),
    waits: z.array(z.object({ from: z.string(), to: z.string(), what: z.string() })).optional(),
  }),
  timeline: z.array(z.record(z.string(), z.unknown())),
  /** Approvals of the playbooks before. */
  approvals: z.array(approvalBeforeSchema).optional(),
  /** The audit log goes on as one chain. */
  audit: auditLeftSchema.optional(),
  /** What people were told and nobody has dealt with. */
  notices: deskSchema.optional(),
  /** Status of the steps that were done, for people. */
  statuses: z.array(z.record(z.string(), z.unknown())),
});
export type GoesOn = z.output<typeof goesOnSchema>;

/** What the compiler needs of it. */
export type Progress = Pick<GoesOn, 'revision' | 'done' | 'passedNoReturn'>;

/**
 * The part of a newly compiled playbook that is left to do. What is done just so is left out, up to the first rank that has something
 * else or something new: what comes after that rests on it and is done again, which is cheap where nothing changed for it. Past the
 * point of no return only what comes after it is left.
 *
 * @throws NothingLeft where everything is done
 */
export function leftOf(compiled: Playbook, { revision, done, passedNoReturn }: Progress): Playbook {
  const doneById = new Map(done.map((step) => [step.id, step]));
  const stands = (step: Step) => {
    const before = doneById.get(step.id);
    return before !== undefined && sameWork(before, step);
  };
  let unbroken = true;
  const items: PlaybookItem[] = [];
  for (const item of passedNoReturn ? afterNoReturn(compiled.items) : compiled.items) {
    if (item.type !== 'stage') {
      items.push(item);
      continue;
    }
    const ranks: Step[][] = [];
    for (const rank of item.ranks) {
      const left: Step[] = unbroken ? rank.filter((step) => !stands(step)) : [...rank];
      if (left.length > 0) ranks.push(left);
      // What goes on alongside has nothing that rests on it before the next gate.
      if (left.length > 0 && !item.alongside) unbroken = false;
    }
    if (ranks.length > 0) items.push({ ...item, ranks });
  }
  if (items.length > 0) return { ...compiled, revision, items };
  throw refusal(
    'NothingLeft',
    'With this plan everything is done already.',
    'skip the step that fails, with a reason.',
  );
}

/** The same act with the same inputs; estimates and limits may differ. */
export function sameWork(a: Step, b: Step): boolean {
  return a.kind === b.kind && a.version === b.version && sameJson(a.input, b.input);
}

function afterNoReturn(items: readonly PlaybookItem[]): PlaybookItem[] {
  return items.slice(items.findIndex(({ type }) => type === 'pointOfNoReturn') + 1);
}

/** Whatever the order of the keys; what is undefined is absent. */
function sameJson(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [present(a), present(b)];
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => sameJson(left[key], right[key]));
}

function present(value: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined));
}
