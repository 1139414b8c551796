#!/bin/bash
# Notes every row of an old primary that still runs (its table and a checksum, no content) beside the data directory, before that gives
# way: afterwards nobody can ask it which rows only it had.
#
# shellcheck disable=SC1090,SC2016,SC2154
# params: run, slot, data-directory, database, port, system-user, parts.sh, postgresql.sh, postgresql-server.sh, postgresql-rows.sh
# results: none

. "$MUSTER_LIB"
. "$(param_file parts.sh)"
. "$(param_file postgresql.sh)"
. "$(param_file postgresql-server.sh)"
. "$(param_file postgresql-rows.sh)"

main() {
  find_own_server
  reach
  in_recovery f || refuse NotPrimary "$(hostname): the server on $data is no primary." 'nothing is noted of a standby.'
  exists_database "$database" || refuse DatabaseMissing "$(hostname) has no database $database." 'look at `database` in the plan.'
  # A row is a line of its table and a number; sorting needs the same again.
  need_room "${data%/*}" "$(echo 'SELECT coalesce(sum(greatest(reltuples, 0)), 0)::bigint * 160 FROM pg_class' | sql "$database")" 'a note of every row'
  rows_of "$database" >"$W/rows"
  notes=$(rows_note '')
  # A note that an earlier run could not compare is of no use any more.
  (cd / && as_user sh -c 'umask 077; rm -f -- "$1"*; cat >"$1$2.new" && mv -T -- "$1$2.new" "$1$2"' sh "$notes" "$(param run)") <"$W/rows"
}

main
