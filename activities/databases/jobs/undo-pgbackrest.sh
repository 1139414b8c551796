#!/bin/bash
# Puts back the cluster that stood there before restore-pgbackrest.sh switched another in. What was restored is kept aside, because it
# may have taken writes; what was not switched in yet is taken away.
#
# shellcheck disable=SC1090,SC2016,SC2154
# params: point, run, start, stop, component, stanza, data-directory, database, port, system-user, parts.sh, postgresql.sh, postgresql-server.sh, pgbackrest.sh
# results: put-back, aside, summary

. "$MUSTER_LIB"
. "$(param_file parts.sh)"
. "$(param_file postgresql.sh)"
. "$(param_file postgresql-server.sh)"
. "$(param_file pgbackrest.sh)"

main() {
  find_tools
  name_marks
  undone=$data.undone-$run
  if [[ -e $mark.kept ]]; then put_back; elif [[ -e $mark.switched ]]; then set_aside; fi
  drop_staged
  rm -f -- "$mark.begun" "$mark.restored" "$mark.kept" "$mark.switched" "$mark.done" "$mark.sockets"
  result "{\"type\":\"summary\",\"hostname\":$(json_string "$(hostname)")}"
}

put_back() {
  if [[ -d $kept ]]; then
    set_aside
    mv -T -- "$kept" "$data"
  elif [[ ! -d $data ]]; then
    refuse KeptMissing "$(hostname): neither $data nor $kept is there." 'look for the former cluster on the host.'
  fi
  server_runs "$data" || by_plan start
  result "{\"type\":\"put-back\",\"path\":$(json_string "$data")}"
}

set_aside() {
  stop_server
  if [[ ! -d $data ]]; then return 0; fi
  while [[ -e $undone ]]; do undone+=-again; done
  mv -T -- "$data" "$undone"
  result "{\"type\":\"aside\",\"path\":$(json_string "$undone")}"
}

# Only what this run made, and never what serves.
drop_staged() {
  local made
  made=$(cat -- "$mark.begun" 2>/dev/null) || return 0
  if [[ ! -d $made || $made == "$data" ]]; then return 0; fi
  if server_runs "$made"; then (cd / && as_user pg_ctl -D "$made" -m immediate stop) >/dev/null; fi
  rm -rf -- "$made"
}

main
