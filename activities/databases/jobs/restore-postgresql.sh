#!/bin/bash
# Restores a PostgreSQL database beside the present one, checks it, then renames: what was there is kept as <db>_before_<run>.
# What was done stands in the restored database's comment, so that a second run finds it.
#
# shellcheck disable=SC1090,SC2016,SC2154
# params: point, run, component, parts, gets, locations, database, owner, port, system-user, encoding, collate, ctype, roles (lines),
#         server (version of the dump), size, bytes, checks (NUL-separated triples: name, query, expected), parts.sh, postgresql.sh
# secrets: key.<point> (private keys of the points that its archives belong to), owner-password (optional)
# results: repaired, done-already, check, kept, summary
# For undo-postgresql.sh it notes in restored/ what the present database is renamed to (`.kept`), before it does so.

. "$MUSTER_LIB"
. "$(param_file parts.sh)"
. "$(param_file postgresql.sh)"

main() {
  find_tools
  owner=$(param owner)
  name_databases
  reach
  if ((server / 10000 < $(param server | cut -d. -f1))); then
    refuse ServerTooOld "$(hostname): PostgreSQL $((server / 10000)) is older than the dump ($(param server))." 'install the same or a newer version there.'
  fi
  if [[ $(comment "$database") == "$note" ]]; then
    result '{"type":"done-already","at":""}'
    exit 0
  fi
  room
  make_roles
  if [[ $(comment "$fresh") != "$note" ]]; then
    find_dump || fetch_dump
    load
  fi
  run_checks "$fresh"
  switch_in
  result "{\"type\":\"summary\",\"hostname\":$(json_string "$(hostname)")}"
}

room() {
  local data
  data=$(echo 'SHOW data_directory' | sql postgres)
  exists_database "$fresh" || need_room "$data" "$(param size)" "the database $database"
  need_room /var/tmp "$(param bytes)" 'the dump'
  need_room "$W" 134217728 'the fetched parts'
}

# Roles that own or were granted something; without a login, apart from the owner where the plan has a password.
make_roles() {
  local role
  { param roles; echo "$owner"; } | sort -u | while IFS= read -r role; do
    [[ -n $role ]] || continue
    if [[ $(echo "SELECT 1 FROM pg_roles WHERE rolname = :'role'" | sql postgres -v "role=$role") != 1 ]]; then
      if [[ $role == "$owner" ]]; then echo 'CREATE ROLE :"role" LOGIN' | sql postgres -v "role=$role";
      else echo 'CREATE ROLE :"role" NOLOGIN' | sql postgres -v "role=$role"; fi
    fi
  done
  if has_secret owner-password; then
    # The statement comes through a pipe and is not logged by the server.
    {
      echo "SET log_statement = 'none'; SET log_min_error_statement = 'panic'; SET log_min_duration_statement = -1;"
      printf 'ALTER ROLE "%s" LOGIN PASSWORD ' "$owner"
      printf "'%s';\n" "$(secret owner-password | sed "s/'/''/g")"
    } | sql postgres
  fi
}

# The dump in clear lies on the disk of the host that will hold the database anyway, readable by the server's user only.
fetch_dump() {
  dump=$(cd / && as_user mktemp /var/tmp/muster-dump.XXXXXXXX)
  # Forgotten ones of an earlier start are taken away with this one.
  mkdir -p -- "${dumps%/*}"
  remove_dumps
  printf '%s fetching\n' "$dump" >"$dumps"
  progress 0 "$(param bytes)" 'fetching the dump'
  open_archive 0 | zstd -dq | (cd / && as_user sh -c 'cat >"$1"' sh "$dump")
  printf '%s whole\n' "$dump" >"$dumps"
}

# A dump that was fetched whole before the host went down is not fetched again.
find_dump() {
  local state
  dumps=${MUSTER_JOB%/jobs/*}/restored/$(param component).$point.$run.dump
  [[ -s $dumps ]] || return 1
  read -r dump state <"$dumps"
  [[ $state == whole && -e $dump ]]
}

remove_dumps() {
  local old
  [[ -s $dumps ]] || return 0
  read -r old _ <"$dumps"
  rm -f -- "$old" "$dumps"
}

load() {
  if exists_database "$fresh"; then echo 'DROP DATABASE :"name"' | sql postgres -v "name=$fresh"; fi
  echo "CREATE DATABASE :\"name\" OWNER :\"owner\" TEMPLATE template0 ENCODING :'encoding' LC_COLLATE :'collate' LC_CTYPE :'ctype'" |
    sql postgres -v "name=$fresh" -v "owner=$owner" -v "encoding=$(param encoding)" -v "collate=$(param collate)" -v "ctype=$(param ctype)"
  progress "$(param bytes)" "$(param bytes)" 'loading the dump'
  if ! (cd / && as_user pg_restore -p "$port" -d "$fresh" --exit-on-error -j "$(cores)" "$dump") 2>"$W/load.errors"; then
    refuse RestoreFailed "$(hostname): pg_restore of $database: $(head -c 500 "$W/load.errors")" 'mend what it names, then retry this step.'
  fi
  {
    echo 'ANALYZE;'
    echo "COMMENT ON DATABASE :\"name\" IS :'note';"
  } | sql "$fresh" -v "name=$fresh" -v "note=$note"
  remove_dumps
}

# The same questions as in the dump's snapshot must have the same answers.
run_checks() {
  local name query expected value
  while IFS= read -r -d '' name && IFS= read -r -d '' query && IFS= read -r -d '' expected; do
    value=$(printf '%s;\n' "${query%;}" | sql "$1")
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
  local mark
  mark=${MUSTER_JOB%/jobs/*}/restored/$(param component).$point.$run
  mkdir -p -- "${mark%/*}"
  printf '%s' "${had:+$kept}" >"$mark.kept"
  rename "$database" "${had:+$kept}" "$fresh" "$database"
  if [[ -n $had ]]; then result "{\"type\":\"kept\",\"path\":$(json_string "$kept")}"; fi
}

main
