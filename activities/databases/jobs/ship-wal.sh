#!/bin/bash
# The server archives its log by itself. `ship` closes the segment that is being written and waits until it is archived; `lag` only says
# how far the archive is.
#
# shellcheck disable=SC1090,SC2016,SC2154
# params: what (ship or lag), limit (s), database, port, system-user, parts.sh, postgresql.sh
# results: archived (the moment up to which every change is archived, ISO, UTC)

. "$MUSTER_LIB"
. "$(param_file parts.sh)"
. "$(param_file postgresql.sh)"

utc='YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'

main() {
  find_tools
  reach
  if [[ $(echo 'SHOW archive_mode' | sql postgres) == off ]]; then
    refuse ArchivingOff "$(hostname): the server does not archive its log (archive_mode is off)." 'muster archiving SERVICE prints what the server needs; archive_mode takes a restart.'
  fi
  if [[ $(echo 'SELECT pg_is_in_recovery()' | sql postgres) == t ]]; then
    refuse NotPrimary "$(hostname): the server on port $port is a standby." 'ship the log of the primary of this cluster.'
  fi
  if [[ $(param what) == ship ]]; then ship; else lag; fi
}

ship() {
  local moment before after segment failed tries=0
  # Every change up to here is in the segment that is closed now, or in one before it. The restore point puts something into an empty one.
  IFS='|' read -r moment before failed < <(sql postgres -v "utc=$utc" <<<"SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', :'utc'), archived_count, failed_count FROM pg_stat_archiver")
  segment=$(sql postgres <<<"SELECT pg_walfile_name(pg_create_restore_point('muster'))")
  echo 'SELECT pg_switch_wal()' | sql postgres >/dev/null
  until is_archived "$segment"; do
    if ((tries++ > $(param limit) * 5)); then
      refuse ArchivingBroken "$(hostname): segment $segment was not archived within $(param limit) s; $(sql postgres <<<"SELECT CASE WHEN failed_count > $failed THEN 'archive_command failed ' || failed_count - $failed || ' times, last for ' || last_failed_wal ELSE 'archive_command does not fail' END FROM pg_stat_archiver")." \
        "the server's own log says what archive_command complains of; it keeps the segment and goes on trying."
    fi
    progress 0 1 "waiting for segment $segment"
    sleep 0.2
  done
  after=$(sql postgres <<<'SELECT archived_count FROM pg_stat_archiver')
  result "{\"type\":\"archived\",\"archivedTo\":\"$moment\",\"segments\":$((after > before ? after - before : 0))}"
}

# The archiver's own note at the segment, or its count of what came later on the same timeline.
is_archived() {
  [[ $(sql postgres -v "segment=$1" <<'SQL'
SELECT (pg_stat_file('pg_wal/archive_status/' || :'segment' || '.done', true)).size IS NOT NULL
  OR (SELECT last_archived_wal ~ '^[0-9A-F]{24}$' AND left(last_archived_wal, 8) = left(:'segment', 8) AND last_archived_wal >= :'segment' FROM pg_stat_archiver)
SQL
  ) == t ]]
}

# When the last archived segment was last written to; where it is gone from the disk already, when it was archived.
lag() {
  local moment
  moment=$(sql postgres -v "utc=$utc" <<'SQL'
SELECT to_char(coalesce((pg_stat_file('pg_wal/' || last_archived_wal, true)).modification, last_archived_time) AT TIME ZONE 'UTC', :'utc')
FROM pg_stat_archiver WHERE last_archived_wal IS NOT NULL
SQL
  )
  result "{\"type\":\"archived\"${moment:+,\"archivedTo\":\"$moment\"},\"segments\":0}"
}

main
