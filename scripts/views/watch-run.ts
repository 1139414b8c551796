/** Follows a run to its end: redrawn on a terminal; elsewhere one plain line for each thing that happens. */
import { setTimeout as sleep } from 'node:timers/promises';
import { refusal } from '../../domain/errors.ts';
import { directionOf } from '../../domain/run/present.ts';
import type { RunStatus } from '../../domain/run/run.ts';
import type { Cli } from '../cli/cli.ts';
import { say, sayJson, warn } from '../cli/io.ts';
import { progressReader } from '../cli/progress.ts';
import { flatRun, type RunSeen, seeRun } from '../cli/runs.ts';
import { isUnreachable } from '../cli/temporal.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { liveView } from './live.ts';
import { describeStepProgress, rememberedLines, runLines, type StepProgress } from './run-lines.ts';

export interface WatchOptions {
  /** Ends with exit 5 as soon as a person is needed. */
  readonly untilNeeded?: boolean;
  readonly quiet?: boolean;
  /** ms between looks. */
  readonly every?: number;
}

/** Exit 0 when the run is done, 4 when it ended otherwise, 5 with `untilNeeded`. A server that is away is waited for. */
export async function watchRun(
  cli: Cli,
  workflowId: string,
  execution?: string,
  options: WatchOptions = {},
): Promise<ExitCode> {
  const temporal = await cli.temporal();
  const progress = progressReader(temporal);
  const tell: Teller = options.quiet
    ? () => {}
    : cli.json
      ? jsonTeller(cli)
      : cli.io.stdout.isTTY
        ? liveTeller(cli)
        : plainTeller(cli);
  let last: RunSeen | undefined;
  const look = looker(cli, workflowId);
  for (;;) {
    const seen = await look();
    if (seen === undefined && last === undefined && execution === undefined) {
      throw refusal('NoRun', `There is no run on ${workflowId}.`, 'muster status for what runs.');
    }
    if (seen) {
      last = seen;
      const running = seen.status?.phase === 'executing';
      tell(seen, running ? await progress.read(seen) : new Map());
      if (seen.state !== 'RUNNING') return ended(cli, seen);
      if (options.untilNeeded && seen.needsPerson) return exitCodes.needsPerson;
    }
    if (cli.io.signal?.aborted) return left(cli, seen);
    await sleep(options.every ?? 500, undefined, { signal: cli.io.signal }).catch(() => undefined);
  }
}

type Teller = (seen: RunSeen, progress: ReadonlyMap<string, StepProgress>) => void;

/** Undefined while the server is away; the run itself does not mind. One late answer is not worth a word, and more of them are worth one. */
function looker(cli: Cli, workflowId: string): () => Promise<RunSeen | undefined> {
  let missed = 0;
  return async () => {
    try {
      const seen = await seeRun(await cli.temporal(), workflowId);
      if (missed > 1) warn(cli.io, 'The Temporal server answers again.');
      missed = 0;
      return seen;
    } catch (error) {
      if (!isUnreachable(error)) throw error;
      missed += 1;
      if (missed === 2) warn(cli.io, 'The Temporal server does not answer; waiting for it.');
      return undefined;
    }
  };
}

function liveTeller(cli: Cli): Teller {
  const live = liveView(cli.io);
  return (seen, progress) => {
    const now = new Date().toISOString();
    live.draw(seen.status ? runLines(seen.status, { now, progress, folded: true }) : rememberedLines(seen));
  };
}

/** New timeline entries, new needs, and what is new of each running step's progress. */
function plainTeller(cli: Cli): Teller {
  let entries = 0;
  let direction = '';
  const said = new Set<string>();
  const once = (key: string, text: string) => {
    if (said.has(key)) return;
    said.add(key);
    say(cli.io, text);
  };
  return (seen, progress) => {
    const { status } = seen;
    if (!status) return once(`memory ${seen.phase}`, rememberedLines(seen).join('\n'));
    if (directionOf(status) !== direction && status.from) {
      direction = directionOf(status);
      say(cli.io, `${direction}   ${status.service}, run ${status.run}`);
    }
    for (const entry of status.timeline.slice(entries)) {
      say(
        cli.io,
        `${entry.at.slice(11, 19)}  ${entry.kind.padEnd(8)}  ${entry.text}${entry.by ? ` (${entry.by})` : ''}`,
      );
    }
    entries = status.timeline.length;
    for (const need of status.needs) once(`need ${need.since} ${need.what}`, `NEEDED: ${need.what}. Try: ${need.how}`);
    for (const [step, each] of progress) {
      const told = describeStepProgress(each);
      if (told !== '') once(newsOf(step, each), `          ${step}  ${told}`);
    }
  };
}

/** Worth a new line: a tenth gained, other words (their figures apart), another failure, twice as many attempts. */
function newsOf(step: string, { done, text, attempt, failure }: StepProgress): string {
  const tenth = done === undefined ? text?.replace(/\d+([.,]\d+)?/g, '#') : Math.floor(done * 10);
  return JSON.stringify([step, tenth, Math.floor(Math.log2(attempt)), attempt > 1 ? failure : undefined]);
}

/** One JSON document a line, whenever the status has changed. */
function jsonTeller(cli: Cli): Teller {
  let last = '';
  return (seen, progress) => {
    const { clock: _clock, ...rest } = seen.status ?? ({} as RunStatus);
    const key = JSON.stringify([seen.state, seen.phase, rest, [...progress]]);
    if (key === last) return;
    last = key;
    cli.io.stdout.write(`${JSON.stringify({ ...flatRun(seen), progress: Object.fromEntries(progress) })}\n`);
  };
}

function ended(cli: Cli, seen: RunSeen): ExitCode {
  const done = seen.state === 'COMPLETED' && (seen.phase === 'done' || seen.phase === 'unknown');
  if (!cli.json)
    say(cli.io, `Ended: ${seen.phase} (Temporal: ${seen.state}). muster report ${seen.service} says how it went.`);
  if (seen.phase === 'put-back') return exitCodes.putBack;
  return done ? exitCodes.ok : exitCodes.notDone;
}

/** Ctrl-C leaves the run alone. */
function left(cli: Cli, seen: RunSeen | undefined): ExitCode {
  if (cli.json) sayJson(cli.io, { left: true });
  else say(cli.io, 'Stopped watching; the run goes on.');
  return seen?.needsPerson ? exitCodes.needsPerson : exitCodes.ok;
}
