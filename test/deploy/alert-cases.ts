/** For each alert a cause, when it must be firing at the latest, and when not yet; what else fires by then belongs to the same cause. */
import { aged, last, names, type Series, steady, until, upOf } from './rule-world.ts';

export interface AlertCase {
  readonly alert: string;
  readonly changes?: Series;
  readonly up?: Series;
  /** Not firing yet, then firing: minutes after the beginning. */
  readonly quiet: number;
  readonly fires: number;
  readonly also?: readonly string[];
}

const { s, c, drill, hourly, near, far } = names;
const late = ['MusterBackupLate', 'MusterBackupTooOld'];
const success = (values: string): Series => ({
  [`backup_last_success_timestamp_seconds{${c},type="full"}`]: last(90_000),
  [`backup_last_success_timestamp_seconds{${c},type="incremental"}`]: values,
});
const recoverable = `backup_recoverable_timestamp_seconds{${c}}`;
const drillDone = `muster_schedule_last_success_timestamp_seconds{${drill}}`;
const hourlyDone = `muster_schedule_last_success_timestamp_seconds{${hourly}}`;
const expiry = (days: number): Series => ({
  [`backup_certificate_expiry_timestamp_seconds{${s},recipient="offline"}`]: steady(days * 86_400),
});
const tls = (days: number): Series => ({
  [`muster_tls_certificate_expiry_timestamp_seconds{${s},server="api"}`]: steady(days * 86_400),
});
const farDown = { [`muster_location_up{${far},role="standby"}`]: steady(0) };

export const alertCases: readonly AlertCase[] = [
  // The last success was half an hour before the beginning; the period is an hour.
  { alert: 'MusterBackupLate', changes: success(last(1_800)), quiet: 59, fires: 63 },
  { alert: 'MusterBackupTooOld', changes: success(last(1_800)), quiet: 89, fires: 93, also: ['MusterBackupLate'] },
  { alert: 'MusterBackupCyclesMissed', changes: success(last(1_800)), quiet: 149, fires: 153, also: late },
  {
    alert: 'MusterBackupFailedAgain',
    changes: { [`backup_failures_in_a_row{${c}}`]: `2+0x30 3+0x1500` },
    quiet: 30,
    fires: 33,
    also: ['MusterBackupFailed'],
  },
  {
    alert: 'MusterBackupFailed',
    changes: { [`backup_failures_in_a_row{${c}}`]: '0+0x30 1+0x1500' },
    quiet: 30,
    fires: 33,
  },
  {
    alert: 'MusterBackupNone',
    changes: {
      [`backup_last_success_timestamp_seconds{${c},type="full"}`]: 'gone',
      [`backup_last_success_timestamp_seconds{${c},type="incremental"}`]: 'gone',
      [`backup_last_success_timestamp_seconds{${s},component="files",type="full"}`]: aged(600),
    },
    quiet: 58,
    fires: 63,
  },
  { alert: 'MusterRpoNear', changes: { [recoverable]: aged(3_000) }, quiet: 14, fires: 18 },
  {
    alert: 'MusterRpoExceeded',
    changes: { [recoverable]: last(1_800) },
    quiet: 34,
    fires: 38,
    also: ['MusterRpoNear'],
  },
  {
    alert: 'MusterRpoExceededTwice',
    changes: { [recoverable]: last(1_800) },
    quiet: 89,
    fires: 93,
    also: ['MusterRpoNear', 'MusterRpoExceeded'],
  },
  { alert: 'MusterBackupSuccessLow', changes: { [`backup_success_ratio{${s}}`]: steady(0.94) }, quiet: 4, fires: 8 },
  {
    alert: 'MusterBackupSlow',
    changes: { [`backup_run_duration_seconds{${s}}`]: '1+0x20 14500+0x1500' },
    quiet: 20,
    fires: 23,
  },
  {
    alert: 'MusterBackupSizeChanged',
    changes: { [`backup_size_bytes{${c}}`]: '1000+0x120 400+0x1400' },
    quiet: 128,
    fires: 134,
  },
  {
    alert: 'MusterRestoreValidationFailed',
    changes: { [`backup_verification_failures_in_a_row{${s},kind="verify"}`]: '0+0x20 1+0x1500' },
    quiet: 20,
    fires: 23,
  },
  {
    alert: 'MusterNewestPointQuarantined',
    changes: { [`backup_newest_point_quarantined{${s}}`]: '0+0x20 1+0x1500' },
    quiet: 20,
    fires: 23,
  },
  {
    alert: 'MusterPointsRefused',
    changes: { [`backup_points_refused{${near},reason="ManifestTampered"}`]: steady(1) },
    quiet: 4,
    fires: 8,
  },
  {
    alert: 'MusterVerificationLow',
    changes: { [`backup_verification_success_ratio{${s}}`]: steady(0.9) },
    quiet: 4,
    fires: 8,
  },
  {
    alert: 'MusterRtoExceeded',
    changes: { [`backup_restore_duration_seconds{${s},procedure="failover"}`]: '900+0x20 1801+0x1500' },
    quiet: 20,
    fires: 23,
  },
  // Its period is two hours.
  { alert: 'MusterDrillOverdue', changes: { [drillDone]: last(0) }, quiet: 131, fires: 135 },
  {
    alert: 'MusterDrillOverdue',
    changes: { [drillDone]: 'gone', [`muster_schedule_created_timestamp_seconds{${drill}}`]: last(0) },
    quiet: 131,
    fires: 135,
  },
  { alert: 'MusterScheduleMissed', changes: { [hourlyDone]: last(0) }, quiet: 119, fires: 123 },
  {
    alert: 'MusterScheduleMissed',
    changes: { [hourlyDone]: 'gone', [`muster_schedule_created_timestamp_seconds{${hourly}}`]: last(0) },
    quiet: 119,
    fires: 123,
  },
  {
    alert: 'MusterSchedulePaused',
    changes: { [`muster_schedule_paused{${hourly}}`]: steady(1) },
    quiet: 719,
    fires: 723,
  },
  {
    alert: 'MusterScheduleNotInPlace',
    changes: { [`muster_schedule_in_place{${hourly}}`]: steady(0) },
    quiet: 59,
    fires: 63,
  },
  { alert: 'MusterDrSiteUnavailable', changes: farDown, quiet: 4, fires: 8, also: ['MusterStorageUnavailable'] },
  {
    alert: 'MusterDrSiteUnavailable',
    changes: { [`muster_queue_pollers{${s},site="us-west-2",role="standby",queue="muster-us-west-2"}`]: steady(0) },
    quiet: 4,
    fires: 8,
  },
  {
    alert: 'MusterStorageUnavailable',
    changes: { [`muster_location_up{${near},role="primary"}`]: steady(0) },
    quiet: 4,
    fires: 8,
  },
  {
    alert: 'MusterLocationDown',
    changes: {
      [`muster_location_up{${near},role="primary"}`]: steady(0),
      [`muster_location_up{${s},location="third",role="copy"}`]: steady(1),
    },
    quiet: 9,
    fires: 13,
  },
  {
    alert: 'MusterReplicationBehind',
    changes: { [`backup_location_newest_timestamp_seconds{${far}}`]: aged(5_500) },
    quiet: 9,
    fires: 13,
  },
  {
    alert: 'MusterReplicationLost',
    changes: { [`backup_storage_replication_status{${far}}`]: steady(0) },
    quiet: 59,
    fires: 63,
  },
  { alert: 'MusterLogLag', changes: { [`transaction_log_lag_seconds{${c}}`]: steady(3_700) }, quiet: 4, fires: 8 },
  {
    alert: 'MusterStorageNearlyFull',
    changes: { [`backup_storage_free_bytes{${near}}`]: steady(49) },
    quiet: 4,
    fires: 8,
  },
  {
    alert: 'MusterStorageFilling',
    changes: { [`backup_storage_free_bytes{${near}}`]: steady(149) },
    quiet: 59,
    fires: 63,
  },
  // A day after the first look: four more days like it are more than is free, though more than 15 % is.
  {
    alert: 'MusterStorageFilling',
    changes: { [`backup_storage_free_bytes{${near}}`]: '900+0x1445 719+0x150' },
    quiet: 1_500,
    fires: 1_516,
  },
  { alert: 'MusterKeyExpiring', changes: { ...expiry(30 + 0.5 / 24) }, quiet: 30, fires: 33 },
  {
    alert: 'MusterKeyExpiresSoon',
    changes: { ...expiry(7 + 0.5 / 24) },
    quiet: 30,
    fires: 33,
    also: ['MusterKeyExpiring'],
  },
  {
    alert: 'MusterStandbyBehind',
    changes: { [`muster_standby_streaming{${c}}`]: '1+0x20 0+0x1500' },
    quiet: 30,
    fires: 33,
  },
  // Its RPO is an hour.
  {
    alert: 'MusterStandbyBehind',
    changes: { [`muster_standby_lag_seconds{${c}}`]: '3600+0x20 3601+0x1500' },
    quiet: 30,
    fires: 33,
  },
  { alert: 'MusterTlsEnding', changes: tls(29), quiet: 4, fires: 8 },
  { alert: 'MusterTlsEndsSoon', changes: tls(6), quiet: 4, fires: 8, also: ['MusterTlsEnding'] },
  { alert: 'MusterTlsEndsSoon', changes: tls(-1), quiet: 4, fires: 8, also: ['MusterTlsEnding'] },
  {
    alert: 'MusterReceiverUnreached',
    changes: { [`muster_notice_failures_in_a_row{${s},receiver="on-call"}`]: '0+0x20 1+0x1500' },
    quiet: 35,
    fires: 38,
  },
  { alert: 'MusterKeyExpired', changes: { ...expiry(0.5 / 24) }, quiet: 34, fires: 38 },
  { alert: 'MusterWorkerDown', up: { [upOf('a')]: steady(1), [upOf('b')]: steady(0) }, quiet: 9, fires: 13 },
  // Nothing is scraped any more, and nothing is known of when it was.
  { alert: 'MusterNoWorker', up: {}, quiet: 9, fires: 13 },
  {
    alert: 'MusterNothingKnown',
    changes: {
      [`backup_last_success_timestamp_seconds{${c},type="full"}`]: 'gone',
      [`backup_last_success_timestamp_seconds{${c},type="incremental"}`]: 'gone',
      [`backup_expected_period_seconds{${c}}`]: 'gone',
    },
    quiet: 59,
    fires: 63,
  },
  {
    alert: 'MusterServiceUnwatched',
    changes: { 'muster_reading_complete{service="arcade"}': until(steady(1), 10) },
    quiet: 69,
    fires: 74,
  },
  {
    alert: 'MusterReadingStale',
    changes: { [`muster_reading_timestamp_seconds{${s}}`]: last(0) },
    quiet: 29,
    fires: 33,
  },
  { alert: 'MusterReadingIncomplete', changes: { [`muster_reading_complete{${s}}`]: steady(0) }, quiet: 29, fires: 33 },
  { alert: 'MusterTemporalDown', changes: { [`muster_temporal_up{${s}}`]: steady(0) }, quiet: 4, fires: 8 },
];
