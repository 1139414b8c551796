#!/bin/bash
# Counts, table by table, the rows that were noted of an old primary and that the standby it has become does not have. It has caught up
# first; the note is removed. Reads only.
#
# shellcheck disable=SC1090,SC2016,SC2154
# params: run, until (position of the primary), within (seconds), slot, data-directory, database, port, system-user, parts.sh, postgresql.sh, postgresql-server.sh, postgresql-rows.sh
# results: counted, differs (what, count, unit)

. "$MUSTER_LIB"
. "$(param_file parts.sh)"
. "$(param_file postgresql.sh)"
. "$(param_file postgresql-server.sh)"
. "$(param_file postgresql-rows.sh)"

main() {
  find_own_server
  reach
  noted=$(rows_note "$(param run)")
  (cd / && as_user test -f "$noted") || refuse NotNoted "$(hostname): the rows were not noted before." 'look at what is kept.'
  # A row that has not arrived yet is not one that only the old primary had.
  wait_for "$(param within)" caught_up || refuse NotCaughtUp "$(hostname): the standby has not caught up." 'look at what is kept.'
  (cd / && as_user cat -- "$noted") >"$W/kept"
  rows_of "$database" >"$W/present"
  tell_differing "$W/kept" "$W/present"
  (cd / && as_user rm -f -- "$noted")
  result '{"type":"counted"}'
}

caught_up() {
  [[ $(echo "SELECT pg_last_wal_replay_lsn() >= :'until'::pg_lsn" | sql postgres -v "until=$(param until)" 2>/dev/null) == t ]]
}

main
