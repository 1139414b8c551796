/**
 * Every metric that a worker exports: name, labels and unit as the runbooks have them where they name one. The one list; the page
 * docs/metrics.md, the alert rules and the dashboard are held to it.
 */
interface Family {
  readonly type: 'gauge' | 'counter';
  readonly labels: readonly string[];
  readonly help: string;
}

const service = ['service'] as const;
const component = ['service', 'component'] as const;
const location = ['service', 'location'] as const;
const schedule = ['service', 'schedule', 'procedure'] as const;
const procedure = ['service', 'procedure'] as const;

/** Out of the plan alone: there as soon as it was read. */
const ofPlan = {
  backup_system_info: {
    type: 'gauge',
    labels: ['service', 'version', 'target_rto', 'target_rpo'],
    help: 'Always 1: the version of Muster, and RTO of a failover and RPO of the service as promised, in seconds',
  },
  backup_rpo_objective_seconds: { type: 'gauge', labels: component, help: 'RPO of a component, as promised' },
  backup_rto_objective_seconds: { type: 'gauge', labels: procedure, help: 'Longest time promised for a procedure' },
  backup_expected_period_seconds: {
    type: 'gauge',
    labels: component,
    help: 'Longest time between two backups that the schedules have due for a component',
  },
  muster_schedule_period_seconds: {
    type: 'gauge',
    labels: ['service', 'schedule', 'procedure', 'kind'],
    help: 'Longest time between two due times of a schedule of kind backup, drill or other; absent for one that only looks for changes',
  },
  backup_certificate_expiry_timestamp_seconds: {
    type: 'gauge',
    labels: ['service', 'recipient'],
    help: 'When the certificate that recovery points are sealed to ends; 0 where it cannot be read',
  },
} as const satisfies Record<string, Family>;

/** Out of recovery points and their marks. */
const ofPoints = {
  backup_last_success_timestamp_seconds: {
    type: 'gauge',
    labels: ['service', 'component', 'type'],
    help: 'Moment that the newest recovery point stands for which counts for the RPO',
  },
  backup_recoverable_timestamp_seconds: {
    type: 'gauge',
    labels: component,
    help: 'Newest moment a component can be brought back to, by a point that counts or by its archived log',
  },
  backup_size_bytes: { type: 'gauge', labels: component, help: 'What a restore of the newest point brings back' },
  backup_points: { type: 'gauge', labels: ['service', 'state'], help: 'Recovery points by what was shown of them' },
  backup_newest_point_quarantined: { type: 'gauge', labels: service, help: '1: the newest recovery point is bad' },
  backup_points_refused: {
    type: 'gauge',
    labels: ['service', 'location', 'reason'],
    help: 'Recovery points that are not believed: signature, or a time in the future',
  },
  backup_last_verified_timestamp_seconds: {
    type: 'gauge',
    labels: ['service', 'depth'],
    help: 'When a point was last shown good: hashes (every object compared) or full (restored and checked)',
  },
  backup_storage_replication_status: {
    type: 'gauge',
    labels: location,
    help: '1: the location answers and holds a good copy of the newest point that counts',
  },
  backup_location_newest_timestamp_seconds: {
    type: 'gauge',
    labels: location,
    help: 'Moment of the newest point with a good copy at the location',
  },
} as const satisfies Record<string, Family>;

/** Out of the reports of runs. */
const ofRuns = {
  backup_completed_total: {
    type: 'counter',
    labels: ['service', 'component', 'type', 'status'],
    help: 'Backups of a component: success, failed or aborted',
  },
  backup_duration_seconds: {
    type: 'gauge',
    labels: ['service', 'component', 'type'],
    help: 'How long the last capture of a component took that succeeded',
  },
  backup_run_duration_seconds: { type: 'gauge', labels: service, help: 'How long the last whole backup took' },
  backup_success_ratio: {
    type: 'gauge',
    labels: service,
    help: 'Share of the backups of the last 24 h that succeeded',
  },
  backup_verification_success_ratio: {
    type: 'gauge',
    labels: service,
    help: 'Share of the verifications and test restores of the last 30 days that succeeded',
  },
  backup_verification_failures_in_a_row: {
    type: 'gauge',
    labels: ['service', 'kind'],
    help: 'Verifications, test restores and drills that restore, of a kind, that failed since the last success',
  },
  backup_failures_in_a_row: {
    type: 'gauge',
    labels: component,
    help: 'Backups of a component that failed since its last success',
  },
  backup_restore_duration_seconds: {
    type: 'gauge',
    labels: procedure,
    help: 'How long the last restore took that succeeded: declaration to recovery where somebody saw it, else the run',
  },
  transaction_log_lag_seconds: { type: 'gauge', labels: component, help: 'Age of the end of the archived log' },
  dr_test_completed_total: {
    type: 'counter',
    labels: ['service', 'scenario', 'status'],
    help: 'Drills: success, failed or aborted',
  },
  dr_test_last_success_timestamp_seconds: {
    type: 'gauge',
    labels: ['service', 'scenario'],
    help: 'End of the last drill that succeeded',
  },
  muster_run_completed_total: {
    type: 'counter',
    labels: ['service', 'procedure', 'status'],
    help: 'Runs that ended: success, failed or aborted',
  },
  muster_run_failures_in_a_row: { type: 'gauge', labels: procedure, help: 'Runs that failed since the last success' },
  muster_schedule_last_success_timestamp_seconds: {
    type: 'gauge',
    labels: schedule,
    help: 'End of the last run of a schedule that succeeded',
  },
} as const satisfies Record<string, Family>;

/** Of what stands around a service: standbys that stream, servers that show a certificate, people who are told. */
const ofPlaces = {
  muster_standby_streaming: {
    type: 'gauge',
    labels: component,
    help: '1: the standby of a database receives its log now',
  },
  muster_standby_lag_seconds: {
    type: 'gauge',
    labels: component,
    help: 'How far the standby is behind the primary: age of its last transaction; 0 while no more than 8 KiB are missing',
  },
  muster_standby_lag_bytes: {
    type: 'gauge',
    labels: component,
    help: 'Log that the primary wrote and the standby has not replayed',
  },
  muster_tls_certificate_expiry_timestamp_seconds: {
    type: 'gauge',
    labels: ['service', 'server'],
    help: 'When the certificate ends that a server showed: the service under its own name, the observer, Temporal',
  },
  muster_notice_last_success_timestamp_seconds: {
    type: 'gauge',
    labels: ['service', 'receiver'],
    help: 'When a receiver last took a notice',
  },
  muster_notice_failures_in_a_row: {
    type: 'gauge',
    labels: ['service', 'receiver'],
    help: 'Notices that a receiver has not taken since',
  },
} as const satisfies Record<string, Family>;

/** Of the reading itself, and of what it could not read. */
const ofReading = {
  muster_reading_complete: { type: 'gauge', labels: service, help: '1: every place answered in the last reading' },
  muster_reading_timestamp_seconds: { type: 'gauge', labels: service, help: 'When the last reading ended' },
  muster_reading_duration_seconds: { type: 'gauge', labels: service, help: 'How long the last reading took' },
  muster_reading_failures: { type: 'gauge', labels: service, help: 'Readings that failed altogether, in a row' },
  muster_location_up: { type: 'gauge', labels: ['service', 'location', 'role'], help: '1: the location answered' },
  muster_temporal_up: { type: 'gauge', labels: service, help: '1: the Temporal server answered' },
  muster_schedule_created_timestamp_seconds: {
    type: 'gauge',
    labels: schedule,
    help: 'Since when the schedule is in Temporal',
  },
  muster_schedule_in_place: { type: 'gauge', labels: schedule, help: '1: the schedule of the plan is in Temporal' },
  muster_schedule_paused: { type: 'gauge', labels: schedule, help: '1: somebody paused it' },
  muster_queue_pollers: {
    type: 'gauge',
    labels: ['service', 'site', 'role', 'queue'],
    help: 'Workers that ask for the work of a site',
  },
  backup_storage_capacity_bytes: { type: 'gauge', labels: location, help: 'Size of the disk below a local location' },
  backup_storage_free_bytes: { type: 'gauge', labels: location, help: 'What is free on the disk of a local location' },
} as const satisfies Record<string, Family>;

export const families = { ...ofPlan, ...ofPoints, ...ofRuns, ...ofPlaces, ...ofReading } as const;
