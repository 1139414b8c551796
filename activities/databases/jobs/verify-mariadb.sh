#!/bin/bash
# Asks a restored database the questions that were asked inside the dump's snapshot.
#
# shellcheck disable=SC1090,SC2154
# params: database, socket, system-user, checks (NUL-separated pairs: name, query), parts.sh, checks.sh, mariadb.sh
# secrets: client.cnf (optional)
# results: check (name, value in base64)

. "$MUSTER_LIB"
. "$(param_file parts.sh)"
. "$(param_file checks.sh)"
. "$(param_file mariadb.sh)"

find_tools
reach
exists_database "$database" ||
  refuse DatabaseMissing "$(hostname) has no database $database." 'restore it first.'
answer_checks ask_restored
