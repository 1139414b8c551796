/** `muster objectives`: what was promised against what was kept of it, over a window that fits each promise. */
import { readEvidence } from '../../activities/objectives/read-evidence.ts';
import { loadPinned } from '../../activities/points/signer.ts';
import { openLocations } from '../../activities/storage/open-locations.ts';
import { Refusal, refusal } from '../../domain/errors.ts';
import { judgeObjectives } from '../../domain/objectives/objectives.ts';
import type { ObjectiveRow, ObjectiveVerdict } from '../../domain/objectives/row.ts';
import { type WindowSpec, windowSchema } from '../../domain/plan/slos.ts';
import type { Cli } from '../cli/cli.ts';
import { say, sayJson } from '../cli/io.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { objectiveTable } from '../views/objective-lines.ts';
import { type AddVerb, examples } from './verb.ts';

interface Judged {
  readonly service: string;
  readonly at: string;
  readonly verdict: ObjectiveVerdict;
  readonly objectives: readonly ObjectiveRow[];
  /** Nothing that keeps reports and points answered. */
  readonly blind: boolean;
  readonly unread: readonly { place: string; run?: string; why: string }[];
  readonly unreachable: readonly { location: string; why: string }[];
  readonly refused: readonly { id: string; location: string; why: string }[];
}

interface Unplanned {
  readonly service: string;
  readonly problem: string;
}

export const addObjectives: AddVerb = (program, run) => {
  program
    .command('objectives')
    .summary('what was promised against what was kept of it, with error budgets')
    .description(
      `Counted from the reports of runs and from recovery points, over the window that the plan gives each objective (docs/objectives.md). What cannot be known is unknown, not met. Exits ${exitCodes.exceeded} when one was missed.`,
    )
    .argument('[service]', 'service, as its plan is named; all of them where none is')
    .option('--window <time>', 'look back so far for every objective: 30d, or 4q for calendar quarters')
    .addHelpText(
      'after',
      examples('muster objectives spacetime', 'muster objectives --window 7d', 'muster objectives spacetime --json'),
    )
    .action(
      run<{ window?: string }>(async (cli, [service], options) => {
        const asked = { now: Date.now(), window: windowIn(options.window) };
        if (service !== undefined) {
          const judged = await judge(cli, service, asked);
          if (cli.json) sayJson(cli.io, plain(judged));
          else say(cli.io, linesOf(judged).join('\n'));
          return exitOf([judged]);
        }
        const all = await Promise.all((await cli.services()).map((each) => judgeOrSay(cli, each, asked)));
        if (cli.json) sayJson(cli.io, { services: all.map((each) => ('problem' in each ? each : plain(each))) });
        else say(cli.io, all.flatMap((each) => [each.service, ...linesOf(each), '']).join('\n'));
        return exitOf(all);
      }),
    );
};

function windowIn(text: string | undefined): WindowSpec | undefined {
  if (text === undefined) return undefined;
  const read = windowSchema.safeParse(text);
  if (read.success) return read.data;
  throw refusal('BadInput', `${text} is no time to look back.`, '--window 30d, or --window 4q.');
}

async function judge(
  cli: Cli,
  service: string,
  asked: { now: number; window?: WindowSpec | undefined },
): Promise<Judged> {
  const { plan } = await cli.plan(service);
  const [{ stores, unreachable }, signers] = await Promise.all([
    openLocations(plan, cli.planFolder),
    loadPinned(plan, cli.planFolder),
  ]);
  try {
    const folder = cli.io.env.MUSTER_REPORTS ?? 'reports';
    const { evidence, ...read } = await readEvidence(plan, asked, { stores, folder, signers });
    const objectives = judgeObjectives(plan, evidence, asked);
    const verdicts = new Set(objectives.map(({ verdict }) => verdict));
    return {
      service,
      at: new Date(asked.now).toISOString(),
      verdict: verdicts.has('missed') ? 'missed' : verdicts.has('unknown') ? 'unknown' : 'met',
      objectives,
      blind: !evidence.reportsKnown && !evidence.pointsKnown,
      ...read,
      unreachable: [...unreachable, ...read.unreachable],
    };
  } finally {
    for (const store of stores) store.close?.();
  }
}

/** One plan with mistakes does not hide the others. */
async function judgeOrSay(cli: Cli, service: string, asked: Parameters<typeof judge>[2]): Promise<Judged | Unplanned> {
  try {
    return await judge(cli, service, asked);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { service, problem: error.message };
  }
}

/** Times as everywhere in the documents: ISO. */
function plain({ blind: _, ...judged }: Judged) {
  const iso = (ms: number) => new Date(ms).toISOString();
  return {
    ...judged,
    objectives: judged.objectives.map((row) => ({
      ...row,
      window: { from: iso(row.window.from), to: iso(row.window.to) },
    })),
  };
}

function linesOf(judged: Judged | Unplanned): string[] {
  if ('problem' in judged) return [`PLAN ${judged.problem}`];
  const { objectives, unread, unreachable, refused } = judged;
  const down = new Map(unreachable.map(({ location, why }) => [location, why]));
  for (const { place, run, why } of unread) if (run === undefined) down.set(place, why);
  return [
    objectiveTable(objectives),
    ...[...down].map(([place, why]) => `NOT REACHED ${place}: ${why}`),
    ...unread.flatMap(({ place, run, why }) => (run === undefined ? [] : [`NOT READ ${run} at ${place}: ${why}`])),
    ...refused.map(({ id, location, why }) => `REFUSED ${id} at ${location}: ${why}`),
  ];
}

function exitOf(all: readonly (Judged | Unplanned)[]): ExitCode {
  if (all.some((each) => 'verdict' in each && each.verdict === 'missed')) return exitCodes.exceeded;
  if (all.some((each) => 'blind' in each && each.blind)) return exitCodes.noAnswer;
  return all.some((each) => 'problem' in each) ? exitCodes.refused : exitCodes.ok;
}
