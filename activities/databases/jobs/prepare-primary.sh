#!/bin/bash
# Makes a primary ready for a server that joins it: a slot that keeps its log, a checkpoint, without which its control file may still name the
# timeline from before its promotion, and where it left the timeline of the other one.
#
# shellcheck disable=SC1090,SC2016,SC2154
# params: slot, timeline (of the one that joins), data-directory, database, port, system-user, parts.sh, postgresql.sh, postgresql-server.sh
# results: fork (lsn: null when its history does not know that timeline)

. "$MUSTER_LIB"
. "$(param_file parts.sh)"
. "$(param_file postgresql.sh)"
. "$(param_file postgresql-server.sh)"

main() {
  find_own_server
  reach
  in_recovery f || refuse NotPrimary "$(hostname): the server on $data is no primary." 'look at which site has the primary.'
  make_slot "$(param slot)"
  echo 'CHECKPOINT' | sql postgres
  # A line of the history: timeline, where it ended, why.
  printf '%s' "SELECT json_build_object('type', 'fork', 'lsn', (SELECT split_part(line, E'\t', 2)
      FROM pg_walfile_name(pg_current_wal_lsn()) AS name,
        regexp_split_to_table(pg_read_file('pg_wal/' || substr(name, 1, 8) || '.history', 0, 1000000, true), E'\n') AS line
      WHERE split_part(line, E'\t', 1) = :'timeline'))" | sql postgres -v "timeline=$(param timeline)" >"$W/fork"
  result "$(cat -- "$W/fork")"
}

main
