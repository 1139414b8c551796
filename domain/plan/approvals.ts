/** Who may let a procedure go: groups of people, how many of them, signatures, time limit, drills, and the emergency path. */
import { z } from 'zod';
import { type Procedure, procedures, traitsOf } from '../playbook/procedures.ts';
import { someTime } from './values.ts';

/** As in an `allowed_signers` file: what a signature proves is exactly this name. */
const personSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._@+-]*$/, {
  error: 'a person is named by letters, digits and . _ @ + -, as in the allowed signers. Try: dana@example.com',
});

/** Groups or single people. */
const peopleSchema = z.array(personSchema).min(1);

/** Nothing is ever decided by silence: the run ends unchanged, or goes on asking. */
const afterTime = ['end', 'remind-and-keep-asking', 'escalate'] as const;

const rules = {
  timeLimit: someTime.optional(),
  /** How many different people must say go. */
  quorum: z.number().int().positive().optional(),
  requesterMayApprove: z.boolean().optional(),
  /** Who may approve: groups or people. Absent: anybody. */
  from: peopleSchema.optional(),
  signed: z.enum(['required', 'allowed']).optional(),
  whenTimePasses: z.enum(afterTime).optional(),
  /** Who may approve too once the time limit has passed, with `escalate`. */
  escalateTo: peopleSchema.optional(),
  /** One of these people alone, with a reason; announced to everybody at once. */
  emergency: z.strictObject({ from: peopleSchema, reason: z.literal('required').default('required') }).optional(),
};

/** `approval: required` asks for a go where the procedure itself would not. */
const overrideSchema = z.strictObject({ approval: z.literal('required').optional(), ...rules });
type Override = z.infer<typeof overrideSchema>;

export const approvalsSchema = z
  .strictObject({
    ...rules,
    groups: z.record(personSchema, z.array(personSchema).min(1)).default({}),
    /** OpenSSH `allowed_signers` file, relative to the plan's folder. */
    allowedSigners: z.strictObject({ file: z.string().min(1) }).optional(),
    /** What is different for procedures that only rehearse. */
    drills: overrideSchema.default({}),
    procedures: z.partialRecord(z.enum(procedures), overrideSchema).default({}),
  })
  .superRefine((approvals, context) => {
    const say = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
    if (!approvals.allowedSigners && asking(approvals).some((each) => rulesOf(approvals, each).signed === 'required')) {
      say(
        [],
        'approvals must be signed, and nobody is named whose signature counts. Try: allowedSigners: { file: allowed_signers }, or signed: allowed, with which nothing proves who approved',
      );
    }
    for (const procedure of asking(approvals)) {
      const { quorum, from, whenTimePasses, escalateTo } = rulesOf(approvals, procedure);
      const path = approvals.procedures[procedure] ? ['procedures', procedure] : [];
      if (from && from.length < quorum) {
        say([...path, 'quorum'], `${quorum} must say go, and only ${from.length} may. Try: more people in from`);
      }
      if (whenTimePasses === 'escalate' && !escalateTo) {
        say([...path, 'whenTimePasses'], 'nobody is named to escalate to. Try: escalateTo: [managers]');
      }
    }
  });
export type Approvals = z.infer<typeof approvalsSchema>;

/** What holds for one procedure, groups spelt out. Names of people, as in the allowed signers. */
export interface ApprovalRules {
  readonly required: boolean;
  readonly timeLimit: number;
  readonly quorum: number;
  readonly requesterMayApprove: boolean;
  readonly signed: 'required' | 'allowed';
  readonly from?: readonly string[];
  readonly whenTimePasses: (typeof afterTime)[number];
  readonly escalateTo?: readonly string[];
  readonly emergency?: { readonly from: readonly string[] };
  /** People who may approve drills and not this. */
  readonly onlyDrills?: readonly string[];
}

/** Defaults of the plan, then of its drills where it is one, then the procedure's own. */
export function rulesOf(approvals: Approvals, procedure: Procedure): ApprovalRules {
  const drill = traitsOf(procedure).drill === true;
  const chosen = chosenFor(approvals, procedure, drill);
  const people = (names: readonly string[]) => spelledOut(names, approvals.groups);
  const { from, escalateTo, emergency } = chosen;
  const drillers = drill ? undefined : approvals.drills.from;
  return {
    required: traitsOf(procedure).approval || chosen.approval === 'required',
    timeLimit: chosen.timeLimit ?? 1_800_000,
    quorum: chosen.quorum ?? 1,
    requesterMayApprove: chosen.requesterMayApprove ?? false,
    signed: chosen.signed ?? (drill ? 'allowed' : 'required'),
    whenTimePasses: chosen.whenTimePasses ?? 'end',
    ...(from ? { from: people(from) } : {}),
    ...(escalateTo ? { escalateTo: people(escalateTo) } : {}),
    ...(emergency ? { emergency: { from: people(emergency.from) } } : {}),
    ...(from && drillers ? { onlyDrills: people(drillers).filter((name) => !people(from).includes(name)) } : {}),
  };
}

function chosenFor(approvals: Approvals, procedure: Procedure, drill: boolean): Override {
  const { groups: _groups, allowedSigners: _signers, drills, procedures: own, ...general } = approvals;
  // What is signed for real says nothing of a rehearsal.
  const base = drill ? { ...general, signed: undefined, ...defined(drills) } : general;
  return { ...base, ...defined(own[procedure] ?? {}) };
}

function defined(override: Override): Override {
  return Object.fromEntries(Object.entries(override).filter(([, value]) => value !== undefined));
}

/** Each person once, in the order of the plan. */
function spelledOut(names: readonly string[], groups: Approvals['groups']): string[] {
  return [...new Set(names.flatMap((name) => groups[name] ?? [name]))];
}

function asking(approvals: Approvals): Procedure[] {
  return procedures.filter((procedure) => rulesOf(approvals, procedure).required);
}

/** Everybody whom the plan lets decide something, each once. */
export function peopleOf(approvals: Approvals): string[] {
  const named = asking(approvals).flatMap((procedure) => {
    const { from = [], escalateTo = [], emergency } = rulesOf(approvals, procedure);
    return [...from, ...escalateTo, ...(emergency?.from ?? [])];
  });
  return [...new Set(named)];
}
