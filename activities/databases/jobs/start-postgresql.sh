#!/bin/bash
# Starts a PostgreSQL server that was stopped, by the plan's own command, and waits until it takes writes again.
#
# shellcheck disable=SC1090,SC2016,SC2154
# params: start, data-directory, database, port, system-user, parts.sh, postgresql.sh, postgresql-server.sh
# results: started

. "$MUSTER_LIB"
. "$(param_file parts.sh)"
. "$(param_file postgresql.sh)"
. "$(param_file postgresql-server.sh)"

main() {
  find_own_server
  server_runs "$data" || by_plan start
  wait_for 120 in_recovery f ||
    refuse ServerNotOpen "$(hostname): the server does not take writes after \`$(param start)\`." 'its own log says why.'
  result '{"type":"started"}'
}

main
