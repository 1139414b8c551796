#!/bin/bash
# Stops a PostgreSQL server cleanly, by the plan's own command. A checkpoint goes before it, so that the stop itself is short. A primary
# that is stopped so ends its log with a record of the shutdown, and sends that to its standby before it goes.
#
# shellcheck disable=SC1090,SC2016,SC2154
# params: stop, data-directory, database, port, system-user, parts.sh, postgresql.sh, postgresql-server.sh
# results: stopped (already: it did not run)

. "$MUSTER_LIB"
. "$(param_file parts.sh)"
. "$(param_file postgresql.sh)"
. "$(param_file postgresql-server.sh)"

main() {
  find_own_server
  if ! server_runs "$data"; then
    result '{"type":"stopped","already":true}'
    return 0
  fi
  if in_recovery f; then echo 'CHECKPOINT' | sql postgres 2>/dev/null || true; fi
  stop_server
  result '{"type":"stopped","already":false}'
}

main
