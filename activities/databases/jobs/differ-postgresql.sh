#!/bin/bash
# Counts, table by table, the rows that a database kept from before has and the present one has not. Reads only.
#
# shellcheck disable=SC1090,SC2154
# params: database, port, system-user, kept (name of the other database), parts.sh, checks.sh, postgresql.sh, postgresql-rows.sh
# results: differs (what, count, unit)

. "$MUSTER_LIB"
. "$(param_file parts.sh)"
. "$(param_file checks.sh)"
. "$(param_file postgresql.sh)"
. "$(param_file postgresql-rows.sh)"

find_tools
reach
kept=$(param kept)
exists_database "$kept" || refuse DatabaseMissing "$(hostname) has no database $kept." 'look at what the restore kept.'
rows_of "$kept" >"$W/kept"
rows_of "$database" >"$W/present"
tell_differing "$W/kept" "$W/present"
