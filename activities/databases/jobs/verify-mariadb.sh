#!/bin/bash
# Asks a restored database the questions that were asked inside the dump's snapshot.
#
# shellcheck disable=SC1090,SC2154
# params: database, socket, system-user, checks (NUL-separated pairs: name, query), parts.sh, mariadb.sh
# secrets: client.cnf (optional)
# results: check (name, value in base64)

. "$MUSTER_LIB"
. "$(param_file parts.sh)"
. "$(param_file mariadb.sh)"

find_tools
reach
exists_database "$database" ||
  refuse DatabaseMissing "$(hostname) has no database $database." 'restore it first.'
while IFS= read -r -d '' name && IFS= read -r -d '' query; do
  if ! value=$(printf '%s;\n' "${query%;}" | sql "$database" 2>"$W/errors"); then
    refuse QueryFailed "$(hostname): check $name of $database failed: $(head -c 300 "$W/errors")" 'look at the database and the query.'
  fi
  result "{\"type\":\"check\",\"name\":$(json_string "$name"),\"value\":\"$(printf '%s' "$value" | base64 -w 0)\"}"
done <"$(param_file checks)"
