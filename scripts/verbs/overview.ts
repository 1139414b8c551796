/** `muster` alone: where things stand for every plan, what needs a person, and what to do next. */
import { holdersIn, leasesInForce } from '../../activities/lease/holders.ts';
import { nearest } from '../../activities/plans/nearest.ts';
import { resolveSecret } from '../../activities/secrets/resolve.ts';
import { openStore } from '../../activities/storage/open-store.ts';
import { formatDuration } from '../../domain/duration.ts';
import { Refusal, refusal } from '../../domain/errors.ts';
import { fenceCommand } from '../../domain/fencing/fencing.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import { newestThatCounts } from '../../domain/points/point-state.ts';
import { describeHolder } from '../../domain/run/lease.ts';
import type { Cli } from '../cli/cli.ts';
import { say, sayJson } from '../cli/io.ts';
import { type ReadinessSeen, readinessSeen, readinessSeenLines } from '../cli/readiness-seen.ts';
import { flatRun, type RunSeen, seeRun } from '../cli/runs.ts';
import { scheduleTroubles, seeSchedules } from '../cli/schedules-seen.ts';
import { ageOf, servicePoints } from '../cli/service-points.ts';
import { type LeftSite, sitesBack } from '../cli/sites-back.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import type { AddVerb } from './verb.ts';

interface Standing {
  readonly service: string;
  readonly title: string;
  /** What is wrong with the plan itself. */
  readonly problem?: string;
  readonly points?: {
    readonly newest?: { readonly id: string; readonly age: number; readonly late: boolean; readonly locations: number };
    readonly count: number;
    readonly rpo: number;
    readonly unreachable: readonly { location: string; why: string }[];
    readonly refused: number;
  };
  readonly pointsUnknown?: string;
  readonly runs: readonly RunSeen[];
  /** What is not as the plan says about what happens by itself: missed, paused, failed, not applied. */
  readonly schedules: readonly string[];
  /** Runs that hold the lease though they do not go on: terminated, or a script. */
  readonly stranded: readonly string[];
  /** Sites that answer though the service was moved away from them. */
  readonly back: readonly LeftSite[];
  /** What the newest look found; null where none can be read, absent where the plan has no looks of its own. */
  readonly readiness?: ReadinessSeen | null;
  readonly next: readonly string[];
}

export const addOverview: AddVerb = (program, run) => {
  program.allowExcessArguments().action(
    run(async (cli) => {
      const [unknown] = program.args;
      if (unknown !== undefined) {
        const meant = nearest(
          unknown,
          program.commands.map((verb) => verb.name()),
        );
        const hint = meant === undefined ? 'muster --help lists them.' : `muster ${meant}; muster --help lists all.`;
        throw refusal('NoVerb', `There is no verb ${unknown}.`, hint);
      }
      const services = await cli.services();
      const temporal = await cli.temporal().catch((error: Error) => error.message);
      const standings = await Promise.all(
        services.map((service) => standingOf(cli, service, typeof temporal !== 'string')),
      );
      const server = typeof temporal === 'string' ? { answers: false, why: temporal } : { answers: true };
      if (cli.json)
        sayJson(cli.io, {
          temporal: server,
          services: standings.map((each) => ({ ...each, runs: each.runs.map(flatRun) })),
        });
      else say(cli.io, overviewLines(cli, standings, server).join('\n'));
      return exitOf(standings, server.answers);
    }),
  );
};

async function standingOf(cli: Cli, service: string, withRuns: boolean): Promise<Standing> {
  const runs = withRuns ? await runsOf(cli, service) : [];
  try {
    const loaded = await cli.plan(service);
    const { plan } = loaded;
    const [schedules, stranded, points, back, readiness] = await Promise.all([
      withRuns ? schedulesOf(cli, plan) : [],
      strandedLeases(cli, plan, runs, withRuns),
      pointsOf(cli, service).catch((error: Error) => error.message),
      sitesBack(plan, runs),
      readinessSeen(loaded, cli.planFolder).catch(() => null),
    ]);
    const standing = {
      service,
      back,
      title: plan.title,
      runs,
      schedules,
      stranded,
      ...(readiness === undefined ? {} : { readiness }),
      ...(typeof points === 'string' ? { pointsUnknown: points } : { points }),
    };
    return { ...standing, next: nextSteps(standing) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return {
      service,
      title: service,
      problem: error.message,
      runs,
      schedules: [],
      stranded: [],
      back: [],
      next: [`muster plan check ${service}`],
    };
  }
}

async function runsOf(cli: Cli, service: string): Promise<RunSeen[]> {
  const temporal = await cli.temporal();
  const seen = await Promise.all([`${service}/recovery`, `${service}/backup`].map((id) => seeRun(temporal, id)));
  return seen.filter((run) => run !== undefined);
}

/** After a Terminate nothing runs, and the lease still says that something does. Where runs are not known, neither is that. */
async function strandedLeases(cli: Cli, plan: Plan, runs: readonly RunSeen[], known: boolean): Promise<string[]> {
  if (!known) return [];
  const store = (location: string) => openStore(plan, location, (ref) => resolveSecret(ref, cli.planFolder));
  const goesOn = new Set(runs.filter(({ state }) => state === 'RUNNING').map(({ run }) => run));
  return holdersIn(await leasesInForce(plan, store))
    .filter(({ run }) => !goesOn.has(run))
    .map(
      (lease) =>
        `held by ${describeHolder(lease)}, which does not go on: it was terminated, or is no run of this server`,
    );
}

async function schedulesOf(cli: Cli, plan: Plan): Promise<string[]> {
  try {
    return scheduleTroubles(plan.service, await seeSchedules(await cli.temporal(), plan));
  } catch (error) {
    return [`not known: ${error instanceof Error ? error.message : String(error)}`];
  }
}

async function pointsOf(cli: Cli, service: string): Promise<NonNullable<Standing['points']>> {
  const { plan } = await cli.plan(service);
  const found = await servicePoints(plan, cli.planFolder, { newest: 5, limit: 3_000 });
  const newest = newestThatCounts(found.points, plan.objectives.counts);
  const age = newest && ageOf(newest, plan.objectives.rpo, Date.now());
  return {
    newest: newest && age && { id: newest.id, age: age.ms, late: age.late, locations: newest.locations.length },
    count: found.points.length,
    rpo: plan.objectives.rpo,
    unreachable: found.unreachable,
    refused: found.refused.length,
  };
}

/** The most urgent first. */
function nextSteps({
  service,
  runs,
  points,
  stranded,
  back,
}: Pick<Standing, 'service' | 'runs' | 'points' | 'stranded' | 'back'>): string[] {
  const next = back.map(({ site }) => fenceCommand(service, site));
  const running = runs.filter((run) => run.state === 'RUNNING');
  for (const run of running.filter((each) => each.needsPerson)) {
    const hows = run.status?.needs.map((need) => need.how) ?? [`muster status ${service}`];
    next.push(...hows);
  }
  for (const run of running.filter((each) => !each.needsPerson)) {
    next.push(`muster watch ${service}${run.procedure === 'backup' ? ' --backup' : ''}`);
  }
  if (stranded.length > 0) next.push(`muster takeover ${service} --reason WHY`);
  const failed = runs.find((run) => run.state !== 'RUNNING' && run.state !== 'COMPLETED');
  if (failed) next.push(`muster report ${service}${failed.procedure === 'backup' ? ' --backup' : ''}`);
  const backingUp = running.some((run) => run.procedure === 'backup');
  const reached = points !== undefined && (points.newest !== undefined || points.unreachable.length === 0);
  if (reached && (points.newest === undefined || points.newest.late) && !backingUp)
    next.push(`muster backup ${service}`);
  if (points && points.unreachable.length > 0) next.push(`muster plan check ${service} --live`);
  return next;
}

function overviewLines(cli: Cli, standings: readonly Standing[], server: { answers: boolean; why?: string }): string[] {
  if (standings.length === 0) return [`There is no plan in ${cli.planFolder}. Try: put one there; docs/ describes it.`];
  return [
    ...(server.answers ? [] : [`Runs are not known: ${server.why}`, '']),
    ...standings.flatMap((standing) => [...standingLines(standing), '']),
  ];
}

function standingLines(standing: Standing): string[] {
  const lines = [`${standing.title} (${standing.service})`];
  if (standing.problem) lines.push(`  plan     ${standing.problem}`);
  if (standing.pointsUnknown) lines.push(`  points   not known: ${standing.pointsUnknown}`);
  if (standing.points) lines.push(...pointLines(standing.points));
  for (const run of standing.runs) {
    const person = run.needsPerson ? ' NEEDS A PERSON' : '';
    const ended = run.closedAt ? `, ended ${run.closedAt}` : '';
    const memory = run.source === 'query' ? '' : ' (no worker answered)';
    lines.push(
      `  run      ${run.procedure}: ${run.phase}, by ${run.by}, since ${run.startedAt}${ended}${memory}${person}`,
    );
  }
  for (const { site, why } of standing.back) lines.push(`  site     ${site} IS BACK: ${why}`);
  lines.push(...readinessSeenLines(standing.service, standing.readiness));
  for (const line of standing.stranded) lines.push(`  lease    ${line}`);
  for (const trouble of standing.schedules) lines.push(`  schedule ${trouble}`);
  for (const next of standing.next) lines.push(`  next     ${next}`);
  return lines;
}

function pointLines(points: NonNullable<Standing['points']>): string[] {
  const { newest } = points;
  const rpo = formatDuration(points.rpo);
  const head = newest
    ? `newest ${newest.id}, ${formatDuration(newest.age)} old, RPO ${rpo}${newest.late ? ': TOO OLD' : ''}; copies ${newest.locations}`
    : `none${points.unreachable.length > 0 ? ' that can be seen from here' : ''}; RPO ${rpo}`;
  return [
    `  points   ${head}`,
    ...(points.refused > 0 ? [`  points   ${points.refused} REFUSED (muster points)`] : []),
    ...points.unreachable.map(({ location, why }) => `  storage  ${location} not reached: ${why}`),
  ];
}

function exitOf(standings: readonly Standing[], answers: boolean): ExitCode {
  if (!answers) return exitCodes.noAnswer;
  const needed = standings.some(({ runs, back }) => back.length > 0 || runs.some((run) => run.needsPerson));
  return needed ? exitCodes.needsPerson : exitCodes.ok;
}
