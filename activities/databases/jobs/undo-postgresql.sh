#!/bin/bash
# Puts a PostgreSQL database back as it was before restore-postgresql.sh switched a recovery point in: both names change in one
# transaction. What was restored, there or beside it, is dropped: the recovery point has it. Roles stay.
#
# shellcheck disable=SC1090,SC2016,SC2154
# params: point, run, component, database, port, system-user, parts.sh, postgresql.sh
# results: put-back, summary

. "$MUSTER_LIB"
. "$(param_file parts.sh)"
. "$(param_file postgresql.sh)"

main() {
  find_tools
  name_databases
  undone=$(printf '%.30s_undone_%s' "$database" "${run//[^A-Za-z0-9]/_}" | head -c 63)
  mark=${MUSTER_JOB%/jobs/*}/restored/$(param component).$point.$run
  reach
  end_earlier_sessions
  if [[ $(comment "$database") == "$note" ]]; then
    [[ ! -e $mark.kept ]] || kept=$(cat -- "$mark.kept")
    put_back
  fi
  drop_database "$undone"
  drop_database "$fresh"
  drop_database "$unnoted"
  drop_beside
  forget
  result "{\"type\":\"summary\",\"hostname\":$(json_string "$(hostname)")}"
}

put_back() {
  if [[ -n $kept ]] && ! exists_database "$kept"; then
    if [[ -e $mark.kept ]]; then
      refuse KeptMissing "$(hostname): $kept, which $database was before, is not there any more." \
        'look for it among the databases; what was restored serves on.'
    fi
    kept=
  fi
  # The kept one may have been cloned or looked at meanwhile.
  rename "$database" "$undone" "$kept" "$database"
  result "{\"type\":\"put-back\",\"path\":$(json_string "$database")}"
}

# A database or schemas that this run loaded beside what is there.
drop_beside() {
  local name oid
  if [[ -s $mark.into ]]; then
    read -r name oid <"$mark.into"
    if [[ $(oid_of "$name") == "$oid" ]]; then drop_database "$name"; fi
  fi
  if exists_database "$database"; then
    sql "$database" -v "note=$note" <<'SQL'
SELECT format('DROP SCHEMA %I CASCADE', nspname) FROM pg_namespace WHERE obj_description(oid, 'pg_namespace') = :'note' \gexec
SQL
  fi
}

forget() {
  local dump
  if [[ -s $mark.dump ]]; then
    read -r dump _ <"$mark.dump"
    rm -f -- "$dump" "$dump.list"
  fi
  rm -f -- "$mark.dump" "$mark.kept" "$mark.loaded" "$mark.into" "$mark.tables" "$mark.wanted"
}

main
