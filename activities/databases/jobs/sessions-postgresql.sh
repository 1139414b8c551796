#!/bin/bash
# Waits until no client is connected to a PostgreSQL database any more, and says who still is. Changes nothing.
#
# shellcheck disable=SC1090,SC2154
# params: database, port, system-user, within (s), parts.sh, checks.sh, postgresql.sh
# results: session (who), summary (sessions)

. "$MUSTER_LIB"
. "$(param_file parts.sh)"
. "$(param_file checks.sh)"
. "$(param_file postgresql.sh)"

find_tools
reach
limit=$(($(param within) + SECONDS))
while :; do
  sql postgres -v "name=$database" >"$W/sessions" <<'SQL'
SELECT DISTINCT usename || ' from ' || coalesce(host(client_addr), 'the host itself') || coalesce(' as ' || nullif(application_name, ''), '')
FROM pg_stat_activity WHERE datname = :'name' AND backend_type = 'client backend' AND pid <> pg_backend_pid() ORDER BY 1;
SQL
  [[ -s $W/sessions ]] || break
  ((SECONDS < limit)) || break
  progress 0 1 "connected: $(head -n 1 "$W/sessions")"
  sleep 0.2
done
while IFS= read -r who; do result "{\"type\":\"session\",\"who\":$(json_string "$who")}"; done <"$W/sessions"
result "{\"type\":\"summary\",\"sessions\":$(wc -l <"$W/sessions")}"
