/**
 * `<service>/exercise`: a service moves to its other site with its users, stays there for a set time, and comes home. Runbook: "Quarterly DR
 * Drill" with real traffic. Each move is a run of its own (`switchover`, `failback`) with its own preview, signed go and report: what is
 * approved is what is done. This starts them in turn, holds in between, and leads home whatever happens out there.
 */
import { CancellationScope, condition, setCurrentDetails, uuid4, workflowInfo } from '@temporalio/workflow';
import {
  type ExerciseInput,
  type ExerciseLeg,
  type ExerciseStatus,
  exerciseId,
  exerciseSchema,
  movedBy,
} from '../domain/drills/exercise.ts';
import { tellOfExercise, writeExercise } from './drills/exercise-activities.ts';
import { runLeg } from './drills/exercise-leg.ts';
import { receiveWords, type Words } from './drills/exercise-words.ts';
import { badInput } from './run/failures.ts';
import { asSummary } from './run/summary.ts';

type Input = ReturnType<typeof readInput>;

export async function exercise(raw: ExerciseInput): Promise<ExerciseStatus> {
  const input = readInput(raw);
  const status = newStatus(input);
  const words = receiveWords(status);
  // A cancel is the same word as an abort: nobody is left at the other site because a run was ended in the UI.
  CancellationScope.current().cancelRequested.catch(() => words.cancel());
  return await CancellationScope.nonCancellable(() => outAndHome(input, status, words));
}

async function outAndHome(input: Input, status: ExerciseStatus, words: Words): Promise<ExerciseStatus> {
  await prepared(input, status, words);
  if (!words.ended) {
    const out = await leg(status, 'switchover', input);
    const moved = movedBy(out);
    if (moved === 'not moved') status.result = 'not moved';
    else if (moved === 'unclear') await unclear(input, status, words, out.summary);
    else {
      await away(input, status, words);
      await home(input, status, words);
    }
  }
  return await ended(status);
}

/** A day ahead somebody lowers the TTL, so that every user follows the move at once; it does not begin before that is confirmed. */
async function prepared({ service, at, ahead }: Input, status: ExerciseStatus, words: Words): Promise<void> {
  if (at !== undefined) {
    say(status, 'waiting', `begins at ${at}`);
    await waitOr(Date.parse(at) - ahead, () => words.ended || words.prepared, 'Until the TTL is lowered');
  }
  if (!words.ended && !words.prepared) {
    const what = `lower the TTL of the names of ${service} to what the plan promises (60 s), then confirm it`;
    say(status, 'preparing', what, `muster exercise prepared ${service}`);
    await tellOfExercise(status, 'exercise-prepare', `Exercise of ${service}: ${what}.`, 'warning');
    await condition(() => words.ended || words.prepared);
  }
  if (at !== undefined && !words.ended) {
    say(status, 'waiting', `begins at ${at}`);
    await waitOr(Date.parse(at), () => words.ended, 'Until it begins');
  }
  if (words.ended) status.result = 'not moved';
}

async function away({ hold, service }: Input, status: ExerciseStatus, words: Words): Promise<void> {
  const from = Date.now();
  status.heldFrom = iso(from);
  status.heldUntil = iso(from + hold);
  say(status, 'holding', `served from the other site until ${status.heldUntil}`, `muster exercise home ${service}`);
  await tellOfExercise(status, 'exercise-away', `Exercise of ${service}: ${status.says}.`);
  await waitOr(from + hold, () => words.home, 'Users are served from the other site');
}

/** Until it is home, or somebody says that it stays. Nothing is tried again while what is wrong may still be so. */
async function home(input: Input, status: ExerciseStatus, words: Words): Promise<void> {
  for (;;) {
    words.home = false;
    const back = await leg(status, 'failback', input);
    status.result = movedBy(back) === 'moved' ? 'home' : 'away';
    if (status.result === 'home') return;
    await askAboutHome(status, words, `${input.service} is still served from the other site: ${back.summary}`);
    if (!words.home) return;
  }
}

async function unclear(input: Input, status: ExerciseStatus, words: Words, said: string): Promise<void> {
  status.result = 'unclear';
  await askAboutHome(status, words, `which site serves ${input.service} is not known: ${said}`);
  if (words.home) await home(input, status, words);
}

async function askAboutHome(status: ExerciseStatus, words: Words, what: string): Promise<void> {
  const { service } = status;
  say(status, 'away', what, `muster exercise home ${service}, or muster exercise end ${service}`);
  await tellOfExercise(status, 'exercise-not-home', what, 'danger');
  await condition(() => words.home || words.ended);
}

async function leg(
  status: ExerciseStatus,
  procedure: ExerciseLeg['procedure'],
  asked: Pick<Input, 'service' | 'by' | 'reason'>,
): Promise<ExerciseLeg> {
  const out = procedure === 'switchover';
  say(status, out ? 'out' : 'home', `${procedure} waits for its go, or runs`, `muster approve ${asked.service}`);
  const done = await runLeg(status.run, procedure, asked);
  status.legs.push(done);
  return done;
}

async function ended(status: ExerciseStatus): Promise<ExerciseStatus> {
  status.endedAt = iso(Date.now());
  const said = status.legs.at(-1)?.summary ?? 'nothing was begun';
  say(status, 'ended', `${status.result}: ${said}`);
  const severity = status.result === 'home' ? 'info' : status.result === 'not moved' ? 'warning' : 'danger';
  await tellOfExercise(status, 'exercise-ended', `Exercise of ${status.service} ended ${status.says}`, severity);
  await writeExercise(status);
  return status;
}

function readInput(raw: ExerciseInput) {
  const parsed = exerciseSchema.safeParse(raw);
  const example = 'input such as {"service": "spacetime", "by": "your.name", "reason": "...", "hold": 3600000}';
  if (!parsed.success) throw badInput('The input of an exercise is not usable.', example);
  if (workflowInfo().workflowId !== exerciseId(parsed.data.service))
    throw badInput('An exercise has the id of its service.', exerciseId(parsed.data.service));
  return parsed.data;
}

function newStatus({ service, by, reason }: Input): ExerciseStatus {
  const startedAt = iso(Date.now());
  const stamp = startedAt.slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  const run = `exercise-${stamp}-${uuid4().slice(0, 4)}`;
  return { service, run, by, reason, stage: 'waiting', says: '', needs: '', startedAt, legs: [], decisions: [] };
}

function say(status: ExerciseStatus, stage: ExerciseStatus['stage'], says: string, needs = ''): void {
  Object.assign(status, { stage, says, needs });
  setCurrentDetails(`**Exercise of ${status.service}**: ${says}${needs && `\n\n\`${needs}\``}`);
}

/** Until a time, ms since 1970, or earlier where somebody says so. */
async function waitOr(until: number, word: () => boolean, why: string): Promise<void> {
  const left = until - Date.now();
  if (left <= 0) return;
  if (!word()) await condition(word, left, { summary: asSummary(why) });
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
