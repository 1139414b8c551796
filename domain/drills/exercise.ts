/**
 * The full regional exercise: a service is moved to its other site with real traffic, stays there for a set time, and is brought home.
 * What it is asked for, what people see of it, and the one report of both moves. Pure.
 */
import { z } from 'zod';
import { formatDuration } from '../duration.ts';
import { nameSchema } from '../plan/values.ts';
import { runPhases } from '../run/run.ts';

/** Workflow id of the exercise of a service. Its two moves are runs of their own, under the recovery's id. */
export function exerciseId(service: string): string {
  return `${service}/exercise`;
}

export const exerciseSchema = z.object({
  service: nameSchema,
  by: z.string().min(1),
  reason: z.string().default(''),
  /** ms that users are served from the other site. */
  hold: z
    .number()
    .int()
    .nonnegative()
    .max(30 * 86_400_000)
    .default(3_600_000),
  /** ISO; when the move out begins. At once where absent. */
  at: z.iso.datetime({ offset: true }).optional(),
  /** ms ahead of `at` that people are asked to lower the TTL. */
  ahead: z.number().int().nonnegative().default(86_400_000),
});
export type ExerciseInput = z.input<typeof exerciseSchema>;

/** A decision of a person, as a Signal: `{"by": "...", "reason": "..."}`. */
export const exerciseWordSchema = z.object({ by: z.string().min(1), reason: z.string().default('') });

const legSchema = z.object({
  procedure: z.enum(['switchover', 'failback']),
  /** How it ended; `failed` also where it never came to a result. */
  phase: z.enum(runPhases),
  run: z.string().optional(),
  summary: z.string(),
  startedAt: z.string(),
  endedAt: z.string(),
  /** Places of its own report. */
  reports: z.array(z.string()),
});
export type ExerciseLeg = z.infer<typeof legSchema>;

/** `away`: it is served from the other site, and the way home failed or was refused. `unclear`: a move was ended half-way by somebody. */
export const exerciseResults = ['home', 'not moved', 'away', 'unclear'] as const;

export const exerciseStatusSchema = z.object({
  service: z.string(),
  run: z.string(),
  by: z.string(),
  reason: z.string(),
  stage: z.enum(['preparing', 'waiting', 'out', 'holding', 'home', 'away', 'ended']),
  /** One sentence for people, and what they type next; empty where nothing is needed. */
  says: z.string(),
  needs: z.string(),
  startedAt: z.string(),
  endedAt: z.string().optional(),
  /** When users were served from the other site, and until when at most. */
  heldFrom: z.string().optional(),
  heldUntil: z.string().optional(),
  legs: z.array(legSchema),
  decisions: z.array(z.object({ at: z.string(), by: z.string(), text: z.string() })),
  result: z.enum(exerciseResults).optional(),
});
export type ExerciseStatus = z.infer<typeof exerciseStatusSchema>;

/**
 * Whether a move has happened. A move that puts itself back, or was never let go, leaves the service where it was; one that somebody
 * aborted, or that failed, may have passed its point of no return.
 */
export function movedBy({ phase, run }: Pick<ExerciseLeg, 'phase' | 'run'>): 'moved' | 'not moved' | 'unclear' {
  if (phase === 'done') return 'moved';
  return phase === 'rejected' || phase === 'put-back' || run === undefined ? 'not moved' : 'unclear';
}

/** The one report of an exercise, for people; each move has one of its own with every step. */
export function exerciseMarkdown(status: ExerciseStatus): string {
  const { service, run, by, reason, result, legs, decisions, startedAt, endedAt, heldFrom } = status;
  const away = heldFrom && endedAt ? heldTime(status) : undefined;
  return [
    `# Regional exercise of ${service}: ${result ?? 'not ended'}`,
    '',
    `Run \`${run}\`, asked for by ${by}${reason ? `: ${reason}` : ''}. From ${startedAt} to ${endedAt ?? 'now'}.`,
    ...(away === undefined ? [] : ['', `Users were served from the other site for ${formatDuration(away)}.`]),
    '',
    '## Moves',
    '',
    '| move | result | from | to | what it came to |',
    '|---|---|---|---|---|',
    ...legs.map(
      (leg) => `| ${leg.procedure} | ${leg.phase} | ${leg.startedAt} | ${leg.endedAt} | ${cell(leg.summary)} |`,
    ),
    '',
    '## Decisions',
    '',
    ...(decisions.length > 0 ? decisions.map(({ at, by: who, text }) => `- ${at} ${who}: ${cell(text)}`) : ['None.']),
    '',
    '## Reports of the moves',
    '',
    ...legs.flatMap(({ procedure, reports }) => reports.map((place) => `- ${procedure}: ${place}`)),
    '',
  ].join('\n');
}

/** ms between the end of the move out and the begin of the one home. */
function heldTime({ heldFrom = '', legs, endedAt = '' }: ExerciseStatus): number {
  const home = legs.find(({ procedure }) => procedure === 'failback');
  return Math.max(0, Date.parse(home?.startedAt ?? endedAt) - Date.parse(heldFrom));
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
