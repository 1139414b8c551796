/** What runs' reports say, as samples. Counters count every run that left a report, so a restart of a worker loses none. Pure. */
import { type Procedure, traitsOf } from '../procedures.ts';
import type { Report } from '../report.ts';
import type { ComponentRow } from '../report-components.ts';
import { type Sample, sample, seconds } from './sample.ts';

export type RunEnd = 'success' | 'failed' | 'aborted';

/** What metrics need of a report: thousands of them are remembered. Times in ms. */
export interface RunFact {
  readonly run: string;
  readonly procedure: Procedure;
  readonly status: RunEnd;
  readonly by: string;
  readonly ended: number;
  readonly took: number;
  readonly components: readonly Pick<ComponentRow, 'component' | 'kind' | 'done' | 'took'>[];
  /** Component to ISO. */
  readonly archivedTo: Readonly<Record<string, string>>;
}

export function runFact(report: Report): RunFact {
  const { run, procedure, result, requestedBy, times, durations, rto } = report;
  return {
    run,
    procedure,
    status: result === 'done' ? 'success' : result === 'failed' ? 'failed' : 'aborted',
    by: requestedBy,
    ended: Date.parse(times.ended),
    took: rto.achieved ?? Math.max(0, durations.total - durations.watch),
    components: (report.components ?? []).map(({ component, kind, done, took }) => ({ component, kind, done, took })),
    archivedTo: report.archivedTo ?? {},
  };
}

interface RunsAbout {
  readonly service: string;
  /** Components of the plan. */
  readonly components: readonly string[];
  readonly schedules: readonly { readonly name: string; readonly procedure: Procedure }[];
}

const day = 86_400_000;

/**
 * @param runs     in the order they ended
 * @param counted  whether they are all there are: a counter that misses some would, once they come, look as if they happened then
 * @param now      ms
 */
export function runSamples(about: RunsAbout, runs: readonly RunFact[], counted: boolean, now: number): Sample[] {
  const { service } = about;
  const backups = runs.filter(({ procedure }) => procedure === 'backup');
  return [
    ...(counted ? totals(service, runs) : []),
    ...ofBackups(service, backups),
    ...shareOf(service, 'backup_success_ratio', backups, now - day),
    ...shareOf(service, 'backup_verification_success_ratio', runs.filter(isLook), now - 30 * day),
    ...about.components.map((component) =>
      sample('backup_failures_in_a_row', { service, component }, inARow(backups.map((run) => endOf(run, component)))),
    ),
    ...[...new Set(runs.map(({ procedure }) => procedure))].map((procedure) => {
      const ends = runs.filter((run) => run.procedure === procedure).map(({ status }) => status);
      return sample('muster_run_failures_in_a_row', { service, procedure }, inARow(ends));
    }),
    ...lastOnes(about, runs),
    ...Object.entries(logPositions(runs)).map(([component, moment]) =>
      sample('transaction_log_lag_seconds', { service, component }, seconds(Math.max(0, now - Date.parse(moment)))),
    ),
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
    const { procedure, status } = run;
    const { drill } = traitsOf(procedure);
    return [
      sample('muster_run_completed_total', { service, procedure, status }, 1),
      ...(drill ? [sample('dr_test_completed_total', { service, scenario: scenarioOf(procedure), status }, 1)] : []),
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

function isLook({ procedure }: RunFact): boolean {
  return procedure === 'verify' || procedure === 'test-restore';
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

/** The last good restore of each kind, drill and run of a schedule. */
function lastOnes({ service, schedules }: RunsAbout, runs: readonly RunFact[]): Sample[] {
  const good = runs.filter(({ status }) => status === 'success');
  const newest = new Map(good.map((run) => [run.procedure, run]));
  return [
    ...[...newest.values()].flatMap(({ procedure, took, ended }) => {
      const { restores, drill } = traitsOf(procedure);
      const scenario = scenarioOf(procedure);
      return [
        ...(restores || drill
          ? [sample('backup_restore_duration_seconds', { service, procedure }, seconds(took))]
          : []),
        ...(drill ? [sample('dr_test_last_success_timestamp_seconds', { service, scenario }, seconds(ended))] : []),
      ];
    }),
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

/** `test-restore` stays; `failover-drill` and `drill-failover` are the scenario failover, as the runbook's metric has it. */
function scenarioOf(procedure: string): string {
  return procedure.replace(/^drill-|-drill$/, '');
}
