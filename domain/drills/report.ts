/** What a drill has shown: who answered what and when, who signed, and what is wrong. Out of the run's own status and outputs. Pure. */
import { z } from 'zod';
import type { Playbook } from '../playbook/playbook.ts';
import type { StepOutput } from '../run/protocol.ts';
import type { RunStatus, StepStatus } from '../run/run.ts';
import { yesOrNo } from './answers.ts';
import { drillComparisonSchema } from './compare.ts';
import { drillInPlaybookSchema, drillKinds, drillResults } from './in-playbook.ts';
import { drillMetrics, drillMetricsSchema, type Measured } from './metrics.ts';
import { type DrillFault, drillFaults } from './request.ts';

const answerSchema = drillInPlaybookSchema.shape.items.element.extend({
  state: z.enum(['answered', 'skipped', 'not answered']),
  by: z.string().optional(),
  /** ISO */
  at: z.string().optional(),
  answer: z.string().optional(),
});

export const drillReportSchema = z.object({
  name: z.string(),
  kind: z.enum(drillKinds),
  /** Put in on purpose. */
  fault: z.enum(drillFaults).optional(),
  result: z.enum(drillResults),
  /** What keeps it from being passed, a sentence each. */
  findings: z.array(z.string()),
  answers: z.array(answerSchema),
  metrics: drillMetricsSchema,
  /** Beside the one before it; absent at the first, and where no earlier report could be read. */
  compared: drillComparisonSchema.optional(),
});
export type DrillReport = z.infer<typeof drillReportSchema>;
type Answer = z.infer<typeof answerSchema>;

interface Seen {
  readonly playbook?: Playbook | undefined;
  readonly status: RunStatus;
  readonly outputs?: Readonly<Record<string, StepOutput | undefined>> | undefined;
}

/** Undefined for a run that is no drill. */
export function drillReportOf({ playbook, status, outputs = {} }: Seen): DrillReport | undefined {
  const drill = playbook?.drill;
  if (!drill) return undefined;
  const steps = status.stages.flatMap((stage) => stage.ranks.flat());
  const items = new Set(drill.items.map(({ step }) => step));
  const answers = drill.items.map((item): Answer => ({ ...item, ...answerOf(item.step, steps, outputs) }));
  const work = steps.filter(({ id }) => !items.has(id));
  const wrong = [...answers.flatMap(wrongIn), ...work.flatMap((step) => brokenIn(step, outputs[step.id], drill.fault))];
  const open =
    status.phase === 'aborted'
      ? calledOff(status)
      : [...answers.flatMap(openIn), ...work.flatMap((step) => untriedIn(step, outputs[step.id]))];
  const { name, kind, fault } = drill;
  const ended = status.timeline.at(-1)?.at ?? status.clock.declared.at;
  return {
    name,
    kind,
    ...(fault ? { fault } : {}),
    result: resultOf(status, wrong, open),
    findings: [...wrong, ...open],
    answers,
    metrics: drillMetrics(playbook, status, ended, measuredIn(outputs)),
  };
}

/** By the run that did the work for it. */
function measuredIn(outputs: NonNullable<Seen['outputs']>): Measured | undefined {
  return Object.values(outputs).find((output) => output?.measured)?.measured as Measured | undefined;
}

/** `Drill quarterly (restore-test) of spacetime passed: 12 of 12 items answered.` */
export function drillSentence({ name, kind, result, findings, answers }: DrillReport, service: string): string {
  const answered = answers.filter(({ state }) => state === 'answered').length;
  const counted = answers.length > 0 ? `${answered} of ${answers.length} items answered` : 'nothing was asked';
  const [first, ...more] = findings;
  const why = first ? ` ${first}${more.length > 0 ? ` And ${more.length} more.` : ''}` : '';
  return `Drill ${name} (${kind}) of ${service} ${result === 'called-off' ? 'was called off' : result}: ${counted}.${why}`;
}

function resultOf({ phase }: RunStatus, wrong: readonly string[], open: readonly string[]): DrillReport['result'] {
  if (phase === 'aborted' || phase === 'rejected') return 'called-off';
  if (phase === 'failed' || wrong.length > 0) return 'failed';
  return open.length > 0 ? 'incomplete' : 'passed';
}

/** By whom and why; what was not answered then says nothing. */
function calledOff({ timeline }: RunStatus): string[] {
  const word = timeline.findLast(({ kind, text }) => kind === 'decision' && text.startsWith('abort'));
  return word ? [`Called off by ${word.by}${word.text.slice('abort'.length)}.`] : [];
}

function answerOf(
  id: string,
  steps: readonly StepStatus[],
  outputs: Seen['outputs'] = {},
): Partial<Answer> & Pick<Answer, 'state'> {
  const state = steps.find((step) => step.id === id)?.state;
  const { by, at, answer } = (outputs[id] ?? {}) as { by?: string; at?: string; answer?: string };
  const who = by === undefined ? {} : { by };
  if (state === 'skipped') return { state: 'skipped', ...who };
  if (state !== 'done') return { state: 'not answered' };
  return { state: 'answered', ...who, ...(at ? { at } : {}), ...(answer === undefined ? {} : { answer }) };
}

function wrongIn({ title, ask, answer, by, when, role }: Answer): string[] {
  if (ask !== 'yes-no' || yesOrNo(answer) !== 'no') return [];
  return when === 'sign-off' ? [`${by} does not sign as ${role}: ${answer}.`] : [`${title}: ${answer} (${by}).`];
}

function openIn({ state, title, by }: Answer): string[] {
  if (state === 'answered') return [];
  return [state === 'skipped' ? `"${title}" was skipped by ${by}.` : `"${title}" was not answered.`];
}

/** A test that came out wrong ends well as a step: what it says counts. */
function brokenIn({ title, state, error }: StepStatus, output: StepOutput | undefined, fault?: DrillFault): string[] {
  if (state === 'failed') return [`${title} failed: ${error?.message ?? 'no reason recorded'}.`.replace(/\.+$/, '.')];
  // What was damaged on purpose is to be called bad.
  const wanted = fault !== undefined && fault !== 'worker-lost';
  return output?.verdict === 'bad' && !wanted ? [`${output.component} does not restore as it was: ${output.why}`] : [];
}

function untriedIn({ title, state, skippedBy }: StepStatus, output: StepOutput | undefined): string[] {
  if (state === 'skipped') return [`"${title}" was skipped by ${skippedBy}.`];
  return output?.verdict === 'cannot'
    ? [`${output.component} cannot be tried beside what is there: ${output.why}`]
    : [];
}
