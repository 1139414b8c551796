/** What runs' reports say, as samples. Counters count every run that left a report, so a restart of a worker loses none. Pure. */

import { type Procedure, traitsOf } from '../playbook/procedures.ts';
import type { ComponentRow } from '../report/components.ts';
import type { Report } from '../report/report.ts';
import { endedAs, type RunEnd } from '../run/ended-as.ts';
import { type Sample, sample, seconds } from './sample.ts';

/** What metrics need of a report: thousands of them are remembered. Times in ms. */
export interface RunFact {
  readonly run: string;
  readonly procedure: Procedure;
  readonly status: RunEnd;
  readonly by: string;
  readonly ended: number;
  readonly took: number;
  /** How long it was allowed to take, when it ran. */
  readonly promised?: number;
  readonly components: readonly Pick<ComponentRow, 'component' | 'kind' | 'done' | 'took'>[];
  /** Component to ISO. */
  readonly archivedTo: Readonly<Record<string, string>>;
  /** What it rehearsed. */
  readonly scenario?: string;
}

export function runFact(report: Report): RunFact {
  const { run, procedure, requestedBy, times, durations, rto, drill } = report;
  const scenario = scenarioOf(report);
  return {
    run,
    procedure,
    status: endedAs(report),
    by: requestedBy,
    ended: Date.parse(times.ended),
    took: rto.achieved ?? drill?.metrics.act ?? Math.max(0, durations.total - durations.watch),
    ...(rto.maximum === undefined ? {} : { promised: rto.maximum }),
    components: (report.components ?? []).map(({ component, kind, done, took }) => ({ component, kind, done, took })),
    archivedTo: report.archivedTo ?? {},
    ...(scenario ? { scenario } : {}),
  };
}

/** The kind of a drill of the plan; an isolated one does a failover, and is called so in the runbooks' metric. What is the work of a drill counts once, as that. */
function scenarioOf({ procedure, drill, partOf }: Report): string | undefined {
  if (partOf) return undefined;
  if (drill) return drill.kind === 'isolated' ? 'failover' : drill.kind;
  if (procedure === 'isolated-drill') return 'failover';
  return traitsOf(procedure).drill ? procedure : undefined;
}

interface RunsAbout {
  readonly service: string;
  /** Components of the plan. */
  readonly components: readonly string[];
  readonly schedules: readonly { readonly name: string; readonly procedure: Procedure }[];
  /** Names under `objectives.rto`. */
  readonly promises: readonly string[];
}

const day = 86_400_000;

/**
 * @param runs     in the order they ended
 * @param counted  whether they are all there are: a counter that misses some would, once they come, look as if they happened then, and a
 *                 failure that is missed like a success
 * @param now      ms
 */
export function runSamples(about: RunsAbout, runs: readonly RunFact[], counted: boolean, now: number): Sample[] {
  const { service } = about;
  const backups = runs.filter(({ procedure }) => procedure === 'backup');
  return [
    ...(counted ? [...totals(service, runs), ...shares(service, runs, now)] : []),
    ...ofBackups(service, backups),
    // What was not read yet may be a failure: that there is none is said once all was, and that there is one at once.
    ...rows(about, runs).filter(({ value }) => counted || value > 0),
    ...lastOnes(about, runs),
    ...Object.entries(logPositions(runs)).map(([component, moment]) =>
      sample('transaction_log_lag_seconds', { service, component }, seconds(Math.max(0, now - Date.parse(moment)))),
    ),
  ];
}

/** Failures in a row, of everything that runs again and again. */
function rows({ service, components }: RunsAbout, runs: readonly RunFact[]): Sample[] {
  const backups = runs.filter(({ procedure }) => procedure === 'backup');
  return [
    ...components.map((component) =>
      sample('backup_failures_in_a_row', { service, component }, inARow(backups.map((run) => endOf(run, component)))),
    ),
    ...[...new Set(runs.map(({ procedure }) => procedure))].map((procedure) => {
      const ends = runs.filter((run) => run.procedure === procedure).map(({ status }) => status);
      return sample('muster_run_failures_in_a_row', { service, procedure }, inARow(ends));
    }),
    ...[...new Set(runs.flatMap((run) => lookOf(run) ?? []))].map((kind) => {
      const ends = runs.filter((run) => lookOf(run) === kind).map(({ status }) => status);
      return sample('backup_verification_failures_in_a_row', { service, kind }, inARow(ends));
    }),
  ];
}

function shares(service: string, runs: readonly RunFact[], now: number): Sample[] {
  const backups = runs.filter(({ procedure }) => procedure === 'backup');
  return [
    ...shareOf(service, 'backup_success_ratio', backups, now - day),
    ...shareOf(service, 'backup_verification_success_ratio', runs.filter(lookOf), now - 30 * day),
  ];
}

/** Component to the moment up to which its log is archived, ISO. */
export function logPositions(runs: readonly RunFact[]): Record<string, string> {
  const positions: Record<string, string> = {};
  for (const { archivedTo } of runs)
    for (const [component, moment] of Object.entries(archivedTo))
      if (moment > (positions[component] ?? '')) positions[component] = moment;
  return positions;
}

function totals(service: string, runs: readonly RunFact[]): Sample[] {
  const one = runs.flatMap((run): Sample[] => {
    const { procedure, status, scenario } = run;
    return [
      sample('muster_run_completed_total', { service, procedure, status }, 1),
      ...(scenario ? [sample('dr_test_completed_total', { service, scenario, status }, 1)] : []),
      ...(procedure === 'backup' ? run.components : []).map(({ component, kind: type = 'unknown' }) =>
        sample('backup_completed_total', { service, component, type, status: endOf(run, component) ?? status }, 1),
      ),
    ];
  });
  const same = Map.groupBy(one, ({ name, labels }) => JSON.stringify([name, labels]));
  return [...same.values()].map((group) => ({ ...(group[0] as Sample), value: group.length }));
}

/** Of the runs since then that came to an end of their own; absent where there were none. */
function shareOf(
  service: string,
  name: 'backup_success_ratio' | 'backup_verification_success_ratio',
  runs: readonly RunFact[],
  since: number,
): Sample[] {
  const ended = runs.filter(({ ended: at, status }) => at > since && status !== 'aborted');
  const good = ended.filter(({ status }) => status === 'success').length;
  return ended.length > 0 ? [sample(name, { service }, good / ended.length)] : [];
}

const restoring: readonly string[] = ['restore-test', 'partial-restore', 'component'];

/** What it showed a recovery point by, if that is what it was for. */
function lookOf({ procedure, scenario = '' }: RunFact): string | undefined {
  if (procedure === 'verify' || procedure === 'test-restore') return procedure;
  return restoring.includes(scenario) ? scenario : undefined;
}

function ofBackups(service: string, backups: readonly RunFact[]): Sample[] {
  const last = backups.findLast(({ status }) => status === 'success');
  const captures = new Map<string, Sample>();
  for (const run of backups.filter(({ status }) => status === 'success'))
    for (const { component, kind: type = 'unknown', took } of run.components) {
      if (took === undefined) continue;
      const one = sample('backup_duration_seconds', { service, component, type }, seconds(took));
      captures.set(JSON.stringify([component, type]), one);
    }
  return [
    ...(last ? [sample('backup_run_duration_seconds', { service }, seconds(last.took))] : []),
    ...captures.values(),
  ];
}

/** Nothing is restored in it, or by runs of its own. */
const talked: readonly string[] = ['tabletop', 'exercise'];

/** The last good restore of each kind, drill and run of a schedule. */
function lastOnes({ service, schedules, promises }: RunsAbout, runs: readonly RunFact[]): Sample[] {
  const good = runs.filter(({ status }) => status === 'success');
  const newest = new Map(good.map((run) => [run.procedure, run]));
  const restores = [...newest.values()].filter(
    ({ procedure, scenario }) => traitsOf(procedure).restores || (scenario && !talked.includes(scenario)),
  );
  const drills = new Map(good.flatMap((run) => (run.scenario ? [[run.scenario, run] as const] : [])));
  return [
    ...restores.flatMap(({ procedure, took, promised }) => [
      sample('backup_restore_duration_seconds', { service, procedure }, seconds(took)),
      // Which promise a restore is measured by depends on what it brings back; the plan has none by the procedure's own name.
      ...(promised === undefined || promises.includes(procedure)
        ? []
        : [sample('backup_rto_objective_seconds', { service, procedure }, seconds(promised))]),
    ]),
    ...[...drills].map(([scenario, { ended }]) =>
      sample('dr_test_last_success_timestamp_seconds', { service, scenario }, seconds(ended)),
    ),
    ...schedules.flatMap(({ name, procedure }) => {
      const last = good.findLast((run) => run.procedure === procedure && run.by === `schedule ${name}`);
      const labels = { service, schedule: name, procedure };
      return last ? [sample('muster_schedule_last_success_timestamp_seconds', labels, seconds(last.ended))] : [];
    }),
  ];
}

/** How the backup of one component ended; undefined where it was not asked for. A run that came to no capture was for all. */
function endOf({ status, components }: RunFact, component: string): RunEnd | undefined {
  if (components.length === 0) return status;
  const row = components.find((each) => each.component === component);
  return row && (row.done || status !== 'success' ? status : 'failed');
}

function inARow(ends: readonly (RunEnd | undefined)[]): number {
  const said = ends.filter((end) => end === 'success' || end === 'failed');
  return said.length - 1 - said.lastIndexOf('success');
}
