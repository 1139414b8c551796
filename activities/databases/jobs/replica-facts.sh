#!/bin/bash
# What a PostgreSQL server says of itself, and what its data directory says while it is stopped. Reads only. No host job: it is sent
# whole with its arguments, so that an assessment costs one round trip.
#
# arguments: the data directory, the port, the system user
# stdout: `control NAME: VALUE` lines of pg_controldata, `undone`, `server JSON` or `silent WHY`
set -uo pipefail
export LC_ALL=C
data=$1 port=$2 system_user=$3
cd /

as_user() {
  if [[ $(id -un) == "$system_user" ]]; then "$@";
  elif [[ $(id -u) == 0 ]]; then runuser -u "$system_user" -- "$@";
  else sudo -n -u "$system_user" -- "$@"; fi
}

version=$(as_user cat -- "$data/PG_VERSION" 2>/dev/null)
for folder in "/usr/lib/postgresql/$version/bin" "/usr/pgsql-$version/bin"; do
  if [[ -n $version && -x $folder/pg_controldata ]]; then PATH=$folder:$PATH; fi
done
if [[ -n $version ]]; then
  as_user "$(command -v pg_controldata || echo pg_controldata)" -D "$data" 2>/dev/null | sed 's/^/control /'
  if as_user test -e "$data/muster-promotion-undone"; then echo undone; fi
fi

read -r -d '' query <<'SQL' || true
SELECT json_build_object(
  'now', clock_timestamp(),
  'version', current_setting('server_version_num')::int / 10000,
  'inRecovery', pg_is_in_recovery(),
  'timeline', CASE WHEN pg_is_in_recovery()
    THEN greatest((SELECT received_tli FROM pg_stat_wal_receiver), (SELECT timeline_id FROM pg_control_checkpoint()),
      (SELECT min_recovery_end_timeline FROM pg_control_recovery()))
    ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int END,
  'writtenLsn', CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_lsn() END,
  'receivedLsn', pg_last_wal_receive_lsn(),
  'replayedLsn', pg_last_wal_replay_lsn(),
  'replayedAt', pg_last_xact_replay_timestamp(),
  'receiver', (SELECT json_build_object('status', status, 'host', sender_host, 'latestEnd', latest_end_lsn, 'heardAt', last_msg_receipt_time)
    FROM pg_stat_wal_receiver),
  'slots', (SELECT coalesce(json_agg(json_build_object('name', slot_name, 'active', active, 'status', wal_status)), '[]')
    FROM pg_replication_slots WHERE slot_type = 'physical'),
  'standbys', (SELECT coalesce(json_agg(json_build_object('name', application_name, 'state', state,
    'lagSeconds', extract(epoch FROM replay_lag))), '[]') FROM pg_stat_replication),
  'bytes', (SELECT coalesce(sum(pg_database_size(oid)), 0) FROM pg_database),
  'synchronous', current_setting('synchronous_standby_names'))
SQL
if said=$(as_user psql -XAtq -w -v ON_ERROR_STOP=1 -p "$port" -d postgres -c "$query" 2>&1); then
  printf 'server %s\n' "${said//$'\n'/ }"
else
  printf 'silent %s\n' "$(tr -s '\n' ' ' <<<"$said" | head -c 300)"
fi
