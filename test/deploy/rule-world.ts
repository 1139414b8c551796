/** A service that is well, as the series that two workers export of it, minute by minute; cases change what they are about. */

/** Series to its values in promtool's notation. */
export type Series = Readonly<Record<string, string>>;

const minutes = 1_600;

export const steady = (value: number) => `${value}+0x${minutes}`;
/** A time that stays so many seconds behind the clock. */
export const aged = (age: number) => `${-age}+60x${minutes}`;
/** A time that stands still, so many seconds before the beginning. */
export const last = (age: number) => steady(-age);
/** Nothing any more after so many minutes. */
export const until = (values: string, minute: number) => `${values.replace(/x\d+$/, `x${minute}`)} stale`;

const s = 'service="spacetime"';
const c = `${s},component="database"`;
const drill = `${s},schedule="restore-test",procedure="test-restore"`;
const hourly = `${s},schedule="hourly",procedure="backup"`;
const near = `${s},location="near"`;
const far = `${s},location="far"`;

const truth: Series = {
  [`backup_last_success_timestamp_seconds{${c},type="full"}`]: aged(7_200),
  [`backup_last_success_timestamp_seconds{${c},type="incremental"}`]: aged(1_800),
  [`backup_recoverable_timestamp_seconds{${c}}`]: aged(1_800),
  [`backup_rpo_objective_seconds{${c}}`]: steady(3_600),
  [`backup_expected_period_seconds{${c}}`]: steady(3_600),
  [`backup_failures_in_a_row{${c}}`]: steady(0),
  [`backup_success_ratio{${s}}`]: steady(1),
  [`backup_verification_success_ratio{${s}}`]: steady(1),
  [`backup_run_duration_seconds{${s}}`]: steady(600),
  [`backup_rto_objective_seconds{${s},procedure="backup"}`]: steady(14_400),
  [`backup_rto_objective_seconds{${s},procedure="failover"}`]: steady(1_800),
  [`backup_restore_duration_seconds{${s},procedure="failover"}`]: steady(900),
  [`backup_size_bytes{${c}}`]: steady(1_000),
  [`backup_newest_point_quarantined{${s}}`]: steady(0),
  [`backup_verification_failures_in_a_row{${s},kind="verify"}`]: steady(0),
  [`muster_schedule_period_seconds{${hourly},kind="backup"}`]: steady(3_600),
  [`muster_schedule_period_seconds{${drill},kind="drill"}`]: steady(7_200),
  [`muster_schedule_last_success_timestamp_seconds{${hourly}}`]: aged(1_800),
  [`muster_schedule_last_success_timestamp_seconds{${drill}}`]: aged(1_800),
  [`muster_schedule_created_timestamp_seconds{${hourly}}`]: last(100_000),
  [`muster_schedule_created_timestamp_seconds{${drill}}`]: last(100_000),
  [`muster_schedule_paused{${hourly}}`]: steady(0),
  [`muster_schedule_in_place{${hourly}}`]: steady(1),
  [`muster_location_up{${near},role="primary"}`]: steady(1),
  [`muster_location_up{${far},role="standby"}`]: steady(1),
  [`muster_queue_pollers{${s},site="us-west-2",role="standby",queue="muster-us-west-2"}`]: steady(2),
  [`backup_location_newest_timestamp_seconds{${near}}`]: aged(1_800),
  [`backup_location_newest_timestamp_seconds{${far}}`]: aged(1_800),
  [`backup_storage_replication_status{${near}}`]: steady(1),
  [`backup_storage_replication_status{${far}}`]: steady(1),
  [`transaction_log_lag_seconds{${c}}`]: steady(300),
  [`backup_storage_capacity_bytes{${near}}`]: steady(1_000),
  [`backup_storage_free_bytes{${near}}`]: steady(500),
  [`backup_certificate_expiry_timestamp_seconds{${s},recipient="offline"}`]: steady(100 * 86_400),
  [`muster_standby_streaming{${c}}`]: steady(1),
  [`muster_standby_lag_seconds{${c}}`]: steady(2),
  [`muster_tls_certificate_expiry_timestamp_seconds{${s},server="api"}`]: steady(100 * 86_400),
  [`muster_notice_failures_in_a_row{${s},receiver="on-call"}`]: steady(0),
  [`muster_temporal_up{${s}}`]: steady(1),
  [`muster_reading_complete{${s}}`]: steady(1),
  [`muster_reading_timestamp_seconds{${s}}`]: aged(30),
};

/**
 * @param changes  series of `truth`, or new ones, as both workers then have them; `gone` leaves one out
 * @param up       values of `up`; series with an instance of their own
 */
export function world(changes: Series = {}, up: Series = bothUp): { series: string; values: string }[] {
  const both = Object.entries({ ...truth, ...changes }).flatMap(([series, values]) => {
    if (values === 'gone') return [];
    return ['a', 'b'].map((instance) => ({
      series: series.replace('}', `,job="muster-worker",instance="${instance}"}`),
      values,
    }));
  });
  return [...both, ...Object.entries(up).map(([series, values]) => ({ series, values }))];
}

export const upOf = (instance: string) => `up{job="muster-worker",instance="${instance}"}`;
const bothUp: Series = { [upOf('a')]: steady(1), [upOf('b')]: steady(1) };

/** Everything that the workers export ends after an hour; `up` goes to 0, as Prometheus itself writes it. */
export function workersEnd(): [Series, Series] {
  const ended = Object.fromEntries(Object.entries(truth).map(([series, values]) => [series, until(values, 60)]));
  const down = `1+0x60 0+0x${minutes - 60}`;
  return [ended, { [upOf('a')]: down, [upOf('b')]: down }];
}

export const names = { s, c, drill, hourly, near, far } as const;
