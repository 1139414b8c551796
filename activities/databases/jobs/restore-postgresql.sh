#!/bin/bash
# Restores a PostgreSQL database beside the present one, checks it, then renames: what was there is kept as <db>_before_<run>.
# With `into` it is loaded into a database of that name instead, and nothing that is there is changed. With `tables` only their rows
# are loaded: into that database, or, without `into`, put back beside the present tables in a schema that says so.
# What was done stands in the comment of the database, or of the schema, so that a second run finds it.
#
# shellcheck disable=SC1090,SC2016,SC2034,SC2154
# params: point, run, component, parts, gets, locations, database, owner, port, system-user, encoding, collate, ctype, provider, icu, roles,
#         extensions, tablespaces (lines), facts (JSON), server (version of the dump), size, bytes, archives (lines `archive bytes table...`),
#         checks (NUL-separated triples: name, query, expected), into, tables (lines), parts.sh, postgresql.sh, postgresql-load.sh,
#         postgresql-tables.sh, make-roles.sql, set-database.sql, set-clause.sql
# secrets: the points' private keys, owner-password (optional)
# results: repaired, noted, done-already, check, kept, summary
# For undo-postgresql.sh it notes in restored/ what the present database is renamed to (`.kept`) and what was loaded into (`.into`).

. "$MUSTER_LIB"
. "$(param_file parts.sh)"
. "$(param_file postgresql.sh)"
. "$(param_file postgresql-load.sh)"
. "$(param_file postgresql-tables.sh)"

main() {
  find_tools
  owner=$(param owner)
  name_databases
  name_marks
  reach
  end_earlier_sessions
  if has_param into; then restore_into "$(param into)";
  elif has_param tables; then restore_beside;
  else restore_in_place; fi
  remove_dumps
  rm -f -- "$mark.loaded"
  result "{\"type\":\"summary\",\"hostname\":$(json_string "$(hostname)")}"
}

restore_in_place() {
  stop_if_done "$(comment "$database")"
  check_server
  room "$fresh"
  make_roles
  if [[ $(comment "$fresh") != "$note" ]]; then
    load "$fresh" "$(param_file archives)"
    with_facts "$fresh" "$(param_file set-database.sql)"
    remark "$fresh"
  fi
  run_checks "$fresh"
  switch_in
}

restore_into() {
  stop_if_done "$(comment "$1")"
  # A database of another run, or of somebody else, is not ours to fill; one that this run began has its note.
  if exists_database "$1" && [[ $(cat "$mark.into" 2>/dev/null) != "$1 $(oid_of "$1")" ]]; then
    refuse DatabaseExists "$(hostname) has a database $1 already." 'restore into another name, or drop that database first.'
  fi
  check_server
  room "$1"
  spare_roles
  if has_param tables; then only_tables; fi
  creation=create_noted
  load "$1" "$(param_file archives)"
  if ! has_param tables; then
    with_facts "$1" "$(param_file set-database.sql)"
    run_checks "$1"
  fi
  remark "$1"
}

# Whose it is is noted before it gets its name, so that neither a second start nor the undo takes it for somebody else's.
create_noted() {
  drop_database "$unnoted"
  create_database "$unnoted"
  printf '%s %s\n' "$1" "$(oid_of "$unnoted")" >"$mark.into"
  rename "$unnoted" "$1" '' ''
}

stop_if_done() {
  if [[ $1 == "$note" ]]; then
    result '{"type":"done-already","at":""}'
    exit 0
  fi
}

remark() { echo "COMMENT ON DATABASE :\"name\" IS :'note';" | sql "$1" -v "name=$1" -v "note=$note"; }

room() {
  local data
  data=$(echo 'SHOW data_directory' | sql postgres)
  exists_database "$1" || need_room "$data" "$(param size)" "the database $database"
  need_room /var/tmp "$(awk -F '\t' '$1 == 0 { print $2 }' "$(param_file archives)")" 'the dump'
  need_room "$W" "$(($(cores) * part_limit + part_limit))" 'the fetched parts'
}

# The same questions as in the dump's snapshot must have the same answers.
run_checks() {
  local name query expected value
  while IFS= read -r -d '' name && IFS= read -r -d '' query && IFS= read -r -d '' expected; do
    if ! value=$(printf '%s;\n' "${query%;}" | sql "$1" 2>"$W/check.errors"); then
      refuse QueryFailed "$(hostname): check $name of $database failed: $(head -c 300 "$W/check.errors")" \
        'it was answered at the recovery point: restore another one, or look at what the check needs of the server.'
    fi
    if [[ $value != "$expected" ]]; then
      refuse DataDiffers "$(hostname): check $name of $database answers $value, and at the recovery point it was $expected." \
        'restore another recovery point; the database that was there before was not touched.'
    fi
    result "{\"type\":\"check\",\"name\":$(json_string "$name")}"
  done <"$(param_file checks)"
}

switch_in() {
  local had=
  if exists_database "$database"; then
    had=yes
    while exists_database "$kept"; do kept=$(printf '%.60s_2' "$kept"); done
  fi
  printf '%s' "${had:+$kept}" >"$mark.kept"
  rename "$database" "${had:+$kept}" "$fresh" "$database"
  if [[ -n $had ]]; then result "{\"type\":\"kept\",\"path\":$(json_string "$kept")}"; fi
}

main
