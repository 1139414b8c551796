# Shared by what loads a PostgreSQL recovery point: roles, a fresh database, its dumps. Sourced after postgresql.sh.
# Archive 0 is a dump of everything but the rows of large tables; each further archive holds the rows of some of those.
# Hints name keys of the plan in backticks; what is set here is read by the scripts that source it.
# shellcheck disable=SC2016,SC2034,SC2154

# Where this restore notes how far it came; undo-postgresql.sh reads it too.
name_marks() {
  mark=${MUSTER_JOB%/jobs/*}/restored/$(param component).$point.$run
  mkdir -p -- "${mark%/*}"
}

noted() { result "{\"type\":\"noted\",\"what\":$(json_string "$1")}"; }

# Before anything is changed: what the dump needs and this server does not have.
check_server() {
  if ((server / 10000 < $(param server | cut -d. -f1))); then
    refuse ServerTooOld "$(hostname): PostgreSQL $((server / 10000)) is older than the dump ($(param server))." 'install the same or a newer version there.'
  fi
  local name missing=()
  while IFS= read -r name; do
    [[ $(echo "SELECT 1 FROM pg_available_extensions WHERE name = :'name'" | sql postgres -v "name=$name") == 1 ]] || missing+=("$name")
  done <"$(param_file extensions)"
  if ((${#missing[@]})); then
    refuse ExtensionMissing "$(hostname): the database needs the extensions ${missing[*]}, which this server does not have." \
      "install their packages there (often postgresql-$((server / 10000))-NAME or postgresql-contrib), then retry this step."
  fi
  # Without their tablespaces, tables go where the database is.
  local spaces=()
  while IFS= read -r name; do
    [[ $(echo "SELECT 1 FROM pg_tablespace WHERE spcname = :'name'" | sql postgres -v "name=$name") == 1 ]] || spaces+=("$name")
  done <"$(param_file tablespaces)"
  if ((${#spaces[@]})); then
    keep_option --no-tablespaces
    noted "there is no tablespace ${spaces[*]} here: its tables lie with the database"
  fi
}

# Options of every pg_restore of this run, and what is left out of archive 0: kinds of pg_restore's list, each after a bar.
restore_options=()
left_out=
keep_option() { restore_options+=("$@"); }

# with_facts DATABASE SQL-FILE: runs it with the dump's facts in the table `given`; what it says is noted.
with_facts() {
  local line
  # Points of before these were recorded.
  has_param facts || return 0
  {
    echo "SET client_min_messages = warning; BEGIN; CREATE TEMP TABLE given (j jsonb); COPY given FROM stdin;"
    sed 's/\\/\\\\/g' "$(param_file facts)"
    printf '\n\\.\n'
    cat -- "$(param_file set-clause.sql)" "$2"
    echo 'COMMIT;'
  } | sql "$1" >"$W/said" 2>"$W/load.errors" || failed_load
  while IFS= read -r line; do noted "$line"; done <"$W/said"
}

exists_role() { [[ $(echo "SELECT 1 FROM pg_roles WHERE rolname = :'role'" | sql postgres -v "role=$1") == 1 ]]; }

# Missing roles are made; those that are there stay as they are. Points of before this was recorded have names only.
make_roles() {
  local role
  with_facts postgres "$(param_file make-roles.sql)"
  { param roles; echo "$owner"; } | sort -u | while IFS= read -r role; do
    if [[ -z $role ]] || exists_role "$role"; then continue; fi
    if [[ $role == "$owner" ]]; then echo 'CREATE ROLE :"role" LOGIN' | sql postgres -v "role=$role";
    else echo 'CREATE ROLE :"role" NOLOGIN' | sql postgres -v "role=$role"; fi
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

# Beside the present database no role is made: where one is missing, owners and grants are left out.
spare_roles() {
  local role missing=()
  while IFS= read -r role; do
    if [[ -n $role ]] && ! exists_role "$role"; then missing+=("$role"); fi
  done < <(param roles)
  if ((${#missing[@]})); then
    keep_option --no-owner --no-acl
    # A policy names its roles.
    left_out+='|POLICY'
    noted "roles ${missing[*]} are not here: loaded without owners, grants and row policies"
  fi
  if ! exists_role "$owner"; then owner=$(echo 'SELECT current_user' | sql postgres); fi
}

create_database() {
  {
    echo "CREATE DATABASE :\"name\" OWNER :\"owner\" TEMPLATE template0 ENCODING :'encoding' LC_COLLATE :'collate' LC_CTYPE :'ctype'"
    if [[ $(param provider c) == i ]]; then echo "LOCALE_PROVIDER icu ICU_LOCALE :'icu'"; fi
    echo ';'
  } | sql postgres -v "name=$1" -v "owner=$owner" -v "encoding=$(param encoding)" -v "collate=$(param collate)" -v "ctype=$(param ctype)" -v "icu=$(param icu '')"
}

# load DATABASE ARCHIVES: structure, rows, then indexes and constraints. A start after a crash goes on with the archives that are not loaded.
load() {
  local to=$1 oid was
  oid=$(oid_of "$to")
  was=$(head -n 1 "$mark.loaded" 2>/dev/null) || true
  if [[ -z $oid || $was != "$oid" ]] || ! is_loaded structure; then
    drop_database "$to"
    "${creation:-create_database}" "$to"
    oid_of "$to" >"$mark.loaded"
  fi
  find_dump || fetch_dump
  if ! is_loaded structure; then
    restore_section pre-data
    if [[ -n ${after_structure:-} ]]; then "$after_structure" "$to"; fi
    restore_section data
    echo structure >>"$mark.loaded"
  fi
  progress "$(done_bytes)" "$(param bytes)" 'loading the rows'
  in_parallel "$(cores)" load_rows <"$2"
  empty_lanes
  if [[ -n ${after_rows:-} ]]; then "$after_rows" "$to"; fi
  # A second start takes away what the first may have made of these.
  if is_loaded closing; then keep_option --clean --if-exists; fi
  echo closing >>"$mark.loaded"
  restore_section post-data -j "$(cores)"
  echo 'ANALYZE;' | sql "$to"
}

is_loaded() { grep -qxF -- "$1" "$mark.loaded"; }

done_bytes() { awk -F '\t' 'NR == FNR { done[$1]; next } $1 in done || $1 == 0 { n += $2 } END { printf "%.0f", n }' "$mark.loaded" "$(param_file archives)"; }

restore_section() {
  local section=$1
  shift
  if ! (cd / && as_user pg_restore --list --section="$section" "$dump") >"$W/list" 2>"$W/load.errors"; then failed_load; fi
  # In the dump's folder, because the job's own is closed to the user of the server.
  sed -E "/^[0-9]+; [0-9]+ [0-9]+ (-${left_out}) /d" "$W/list" | (cd / && as_user sh -c 'cat >"$1"' sh "$dump.list")
  if ! (cd / && as_user pg_restore -p "$port" -d "$to" --section="$section" --exit-on-error "${restore_options[@]}" -L "$dump.list" "$@" "$dump") \
    2>"$W/load.errors"; then failed_load; fi
}

# load_rows `archive bytes table...`: a second start begins its tables anew.
load_rows() {
  local fields number
  IFS=$'\t' read -r -a fields <<<"$1"
  number=${fields[0]}
  if ((number == 0)) || is_loaded "$number" || ! is_wanted "${fields[@]:2}"; then return 0; fi
  printf 'TRUNCATE ONLY %s;\n' "${fields[@]:2}" | sql "$to"
  local codes=(0)
  open_archive "$number" | inflate |
    (cd / && as_user pg_restore -p "$port" -d "$to" --exit-on-error --data-only "${restore_options[@]}") 2>"$W/load.errors.$number" ||
    codes=("${PIPESTATUS[@]}")
  # A part that is not to be had has said so itself.
  if ((codes[0] != 0)); then exit "${codes[0]}"; fi
  if ((${#codes[@]} > 1)); then mv -- "$W/load.errors.$number" "$W/load.errors" && failed_load; fi
  echo "$number" >>"$mark.loaded"
  progress "$(done_bytes)" "$(param bytes)" 'loading the rows'
}

failed_load() {
  # The next attempt begins with an empty database.
  rm -f -- "$mark.loaded"
  refuse RestoreFailed "$(hostname): pg_restore of $database: $(head -c 500 "$W/load.errors")" 'mend what it names, then retry this step.'
}

# The dump in clear lies on the disk of the host that will hold the database anyway, readable by the server's user only.
fetch_dump() {
  dump=$(cd / && as_user mktemp /var/tmp/muster-dump.XXXXXXXX)
  # Forgotten ones of an earlier start are taken away with this one.
  remove_dumps
  printf '%s fetching\n' "$dump" >"$mark.dump"
  progress 0 "$(param bytes)" 'fetching the dump'
  open_archive 0 | inflate | (cd / && as_user sh -c 'cat >"$1"' sh "$dump")
  printf '%s whole\n' "$dump" >"$mark.dump"
}

# A dump that was fetched whole before the host went down is not fetched again.
find_dump() {
  local state
  [[ -s $mark.dump ]] || return 1
  read -r dump state <"$mark.dump"
  [[ $state == whole && -e $dump ]]
}

remove_dumps() {
  local old
  [[ -s $mark.dump ]] || return 0
  read -r old _ <"$mark.dump"
  rm -f -- "$old" "$old.list" "$mark.dump"
}
