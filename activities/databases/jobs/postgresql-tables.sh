# Shared by restores of single tables: the whole structure is loaded, the rows of the wanted tables only, and no constraint that
# would ask for rows of others. Sourced after postgresql-load.sh.
# Hints name keys of the plan in backticks; what is set here is read by the scripts that source it.
# shellcheck disable=SC2016,SC2034,SC2154

only_tables() {
  left_out+='|FK CONSTRAINT|TRIGGER|EVENT TRIGGER|MATERIALIZED VIEW DATA'
  after_structure=find_tables
  after_rows=keep_wanted
}

# find_tables DATABASE: the wanted tables with their partitions, as `schema.table` lines, into $W/tables. A name without a schema may be
# in one schema only. Refused before any row is fetched.
find_tables() {
  local name found
  : >"$W/tables"
  while IFS= read -r name; do
    found=$(sql "$1" -v "name=$name" <<'SQL'
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND :'name' IN (c.relname, n.nspname || '.' || c.relname, format('%I.%I', n.nspname, c.relname))
SQL
    )
    if [[ -z $found ]]; then
      refuse TableMissing "Recovery point $point has no table $name in $database." 'name tables as they were then, with their schema: public.orders'
    elif [[ $found == *$'\n'* ]]; then
      refuse TableAmbiguous "Recovery point $point has several tables $name: ${found//$'\n'/, }." 'name it with its schema: public.orders'
    fi
    printf '%s\n' "$found" >>"$W/tables"
  done <"$(param_file tables)"
  while IFS= read -r name; do
    sql "$1" -v "name=$name" <<'SQL'
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_partition_tree(:'name') t JOIN pg_class c ON c.oid = t.relid JOIN pg_namespace n ON n.oid = c.relnamespace
SQL
    printf '%s\n' "$name"
  done <"$W/tables" | sort -u >"$W/wanted"
  # Kept for a start after a crash, which goes on behind this.
  cp -- "$W/tables" "$mark.tables"
  cp -- "$W/wanted" "$mark.wanted"
}

# The archives that hold the rows of wanted tables. Which these are is known only once the structure is loaded, so `load_rows` asks.
is_wanted() {
  [[ -e $mark.wanted ]] || return 0
  printf '%s\n' "$@" | grep -qxFf "$mark.wanted"
}

# Rows of others, that came with archive 0 or share an archive with wanted ones, go again.
keep_wanted() {
  {
    echo "CREATE TEMP TABLE wanted (name text); COPY wanted FROM stdin;"
    sed 's/\\/\\\\/g' "$mark.wanted"
    printf '\\.\n'
    cat <<'SQL'
SELECT 'TRUNCATE ' || string_agg(format('ONLY %I.%I', n.nspname, c.relname), ', ')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND format('%I.%I', n.nspname, c.relname) NOT IN (SELECT name FROM wanted)
HAVING count(*) > 0 \gexec
SQL
  } | sql "$1"
}

# Tables in place: loaded into a database of this run's own, taken from there into schemas `<schema>_restored_<point>` of the present
# database in one transaction. The tables that are there are not touched.
restore_beside() {
  exists_database "$database" ||
    refuse DatabaseMissing "$(hostname) has no database $database to put tables back into." 'restore the whole database, or give a name to restore into.'
  stop_if_done "$(sql "$database" -v "note=$note" <<<"SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE obj_description(oid, 'pg_namespace') = :'note' LIMIT 1")"
  check_server
  room "$fresh"
  spare_roles
  only_tables
  load "$fresh" "$(param_file archives)"
  : >"$W/schemas"
  local name schema to
  while IFS= read -r name; do
    schema=$(sql "$fresh" -v "name=$name" <<<"SELECT nspname FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid WHERE c.oid = :'name'::regclass")
    to=$(printf '%.38s_restored_%s' "$schema" "$point")
    if [[ -n $(sql "$database" -v "to=$to" <<<"SELECT 1 FROM pg_namespace WHERE nspname = :'to'") ]]; then
      refuse SchemaExists "$(hostname): $database has a schema $to already." 'rename or drop it, then retry this step.'
    fi
    printf '%s\n' "$to" >>"$W/schemas"
    sql "$fresh" -v "to=$to" <<<'CREATE SCHEMA IF NOT EXISTS :"to"'
    sql "$fresh" -v "to=$to" <<<"ALTER TABLE $name SET SCHEMA :\"to\""
  done <"$mark.wanted"
  sort -u -o "$W/schemas" "$W/schemas"
  if ! take_over | sql "$database" 2>"$W/load.errors"; then
    refuse RestoreFailed "$(hostname): the tables do not go into $database: $(head -c 500 "$W/load.errors")" \
      'types or functions of then may be missing now: restore the tables into a database of their own instead.'
  fi
  while IFS= read -r schema; do noted "the tables are in the schema $schema of $database"; done <"$W/schemas"
  drop_database "$fresh"
}

take_over() {
  local schema only=()
  echo 'BEGIN;'
  while IFS= read -r schema; do
    printf '\\set to %s\n\\set note %s\n' "$(psql_quoted "$schema")" "$(psql_quoted "$note")"
    echo 'CREATE SCHEMA :"to"; COMMENT ON SCHEMA :"to" IS :'"'note';"
    only+=("--table=\"${schema//\"/\"\"}\".*")
  done <"$W/schemas"
  # Without its last line nothing of it stays.
  (cd / && as_user pg_dump -p "$port" -d "$fresh" "${only[@]}") && echo 'COMMIT;'
}

psql_quoted() { printf "'%s'" "$(sed "s/'/''/g; s/\\\\/\\\\\\\\/g" <<<"$1")"; }
